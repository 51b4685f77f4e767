"""A single line break is a blank in every source, and says so; only where Airtable's rich text shows one it is one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.content.parse.parser import parse
from app.content.sources.airtable import fetch
from app.content.sources.json_file import read_text
from app.content.sources.tables import Source
from tests.content.test_airtable_ways import filled, pace, set_type, settings
from tests.support.records import source

POEM = "Roses are red\nViolets are blue"
# Every field with Markdown in it.
FIELDS = {
    ("Levels", "recL1"): ("Description",),
    ("Puzzles", "recP1"): (
        "Description", "ContentText", "CustomSuccess", "CustomError", "Erratum", "SolutionText",
    ),
    ("Hints", "recH1"): ("HintText",),
    ("Story", "recS1"): ("Text",),
    ("Pages", "recG1"): ("Body",),
}  # fmt: skip
PLACES = [(table, record, field) for (table, record), fields in FIELDS.items() for field in fields]


def spoilt(table: str, record: str, field: str, text: str) -> Source:
    more: dict[str, Any] = {"Story": {"Puzzle": ["recP1"]}, "Pages": {"Slug": "about", "Title": "About"}}
    return source({table: {record: {**more.get(table, {}), field: text}}})


def breaks(found: Source) -> list[tuple[str, str, str]]:
    told = parse(found, version=1).warnings
    return [(one.table, one.record_id, one.field) for one in told if "Single line breaks" in one.message]


@pytest.mark.parametrize(("table", "record", "field"), PLACES)
def test_a_single_line_break_is_warned_of_with_table_record_and_field(table: str, record: str, field: str) -> None:
    assert breaks(spoilt(table, record, field, POEM)) == [(table, record, field)]
    for meant in ("Roses are red  \nViolets are blue", "Roses are red\\\nViolets are blue", "Roses\n\nViolets"):
        assert breaks(spoilt(table, record, field, meant)) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_says_the_same_whatever_ends_its_lines(end: str) -> None:
    rows = {
        table: [{"id": one.id, "fields": one.fields} for one in records]
        for table, records in spoilt("Puzzles", "recP1", "ContentText", POEM.replace("\n", end)).tables.items()
    }
    found = read_text(json.dumps({"format": 1, "tables": rows}), "hunt.json")
    assert breaks(found) == [("Puzzles", "recP1", "ContentText")]


def test_rich_text_of_airtable_breaks_where_airtable_shows_it_and_its_export_too() -> None:
    with filled() as base:
        set_type(base, "Puzzles", "ContentText", "richText")
        found = fetch(settings(base), pace())
    cells = found.records("Puzzles")[0].fields
    rich, plain = (spoilt("Puzzles", "recP1", name, cells[name]) for name in ("ContentText", "Description"))
    assert (breaks(rich), breaks(plain)) == ([], [("Puzzles", "recP1", "Description")])
