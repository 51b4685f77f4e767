"""The demo hunt's file is whole, is what its sources build, and needs nothing but the site itself."""

from __future__ import annotations

import re

import pytest

from app.content.assets import read_asset
from app.content.html.css import clean_css
from app.content.html.sanitise import Renderer
from tests.demo import build
from tests.demo.answers import ANSWERS
from tests.demo.published import HUNT, IDS, PUZZLES, TABLES, public_texts


def test_the_file_is_what_the_sources_build() -> None:
    assert build.build(HUNT) == HUNT


def test_every_link_between_records_leads_somewhere() -> None:
    ids = {name: {record["id"] for record in records} for name, records in TABLES.items()}
    links = {"Level": "Levels", "Prereq": "Puzzles", "Puzzle": "Puzzles", "FinalPuzzle": "Puzzles", "Hints": "Hints"}
    for name, records in TABLES.items():
        for record in records:
            fields = record["fields"]
            for field, target in links.items():
                assert set(fields.get(field, [])) <= ids[target], (name, record["id"], field)
    assert len({record["id"] for records in TABLES.values() for record in records}) == sum(map(len, TABLES.values()))


def test_every_picture_named_is_in_the_file_and_the_other_way_round() -> None:
    named = {match for _, text in public_texts() for match in re.findall(r"\(asset:([^)]+)\)", text)}
    assert named == set(HUNT["assets"])


def test_every_picture_has_a_text_of_its_own() -> None:
    for _, text in public_texts():
        assert all(len(alt) > 40 for alt in re.findall(r"!\[([^\]]*)\]\(asset:", text))


def test_there_are_sixteen_puzzles_on_three_levels_with_two_metas_and_a_last_one() -> None:
    assert len(PUZZLES) == 16
    assert len(TABLES["Levels"]) == 3
    assert [key for key, fields in PUZZLES.items() if fields.get("Meta")] == ["quay-board", "speaking-tube", "panes"]


@pytest.mark.parametrize("key", ANSWERS)
def test_every_puzzle_has_two_hints_in_order_and_the_first_at_once(key: str) -> None:
    fields = [record["fields"] for record in TABLES["Hints"] if record["fields"]["Puzzle"] == [IDS[key]]]
    assert [found["Order"] for found in fields] == list(range(1, len(fields) + 1))
    assert len(fields) >= 2
    assert "AvailableAfter" not in fields[0]


def test_all_teams_of_both_divisions_finish_with_the_last_puzzle() -> None:
    final = {record["fields"]["Code"]: record["fields"]["FinalPuzzle"] for record in TABLES["Divisions"]}
    assert final == {"solo": [IDS["panes"]], "teams": [IDS["panes"]]}


def test_the_site_shows_every_text_and_style_as_it_is_written() -> None:
    renderer = Renderer({name: read_asset(uri).path for name, uri in HUNT["assets"].items()}.get)
    for place, text in public_texts():
        if not place.startswith("asset") and not place.endswith(("Script", "CustomCSS")):
            rendered = renderer.block(text)
            assert (rendered.faults, rendered.warnings) == ((), ()), place
        if place.endswith("CustomCSS"):
            sheet = clean_css(text, ".puzzle-sheet")
            assert sheet.css
            assert (sheet.faults, sheet.warnings) == ((), ()), place


def test_nothing_in_the_hunt_waits_for_a_date() -> None:
    assert not [fields for fields in PUZZLES.values() if "UnlockAt" in fields]
    assert not [record for record in TABLES["Levels"] if "UnlockAt" in record["fields"]]


def test_the_hunt_needs_no_other_host() -> None:
    assert [place for place, text in public_texts() if "//" in text.replace("http://www.w3.org/2000/svg", "")] == []
