"""Exports that the programs themselves made: see files/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.content.imports.incoming import Incoming, check, word_of
from app.content.imports.reading import ImportFile, read_import
from tests.content.imports.test_platforms import noted
from tests.content.imports.test_spreadsheets import EMPTY, fields

FILES = Path(__file__).parent / "files"


def come_in(name: str) -> Incoming:
    return read_import(ImportFile((FILES / name).read_bytes(), name, EMPTY, "UTC"))


@pytest.mark.parametrize("name", [one.name for one in sorted(FILES.iterdir()) if one.suffix != ".md"])
def test_the_program_is_detected_and_nothing_is_wrong(name: str) -> None:
    incoming = come_in(name)
    assert check(incoming).faults == ()
    assert len(fields(incoming)) >= 3


def test_the_zip_of_ctfd_comes_in() -> None:
    incoming = come_in("ctfd-3.8.7.zip")
    flags, tides, keeper, fog = fields(incoming)
    assert flags["ContentText"] == "Read <b>these</b>:\n\n* one\n* two\n\n<https://example.org/quay>"
    assert flags["Attachments"] == [{"url": "asset:flags.png", "filename": "flags.png"}]
    assert flags["SolutionText"] == "The flags spell it."
    assert (tides["ContentText"], tides["Authors"]) == ("Add the tides.\n\n![banner](asset:banner.png)", "A. Writer")
    assert [one.get("Prereq") for one in (flags, tides, keeper)] == [None, ["ctfd1"], ["ctfd1", "ctfd2"]]
    assert (keeper["Value"], fog.get("Unlocked")) == (500, None)
    assert [(one["HintText"], one["Cost"]) for one in fields(incoming, "Hints")] == [
        ("They are **nautical**.", 0), ("**Alphabet**\n\nA to Z", 1),
    ]  # fmt: skip
    assert [one["Slug"] for one in fields(incoming, "Pages")] == ["harbour-rules"]
    assert list(incoming.answers.values()) == ["HUNT{code_flags}\nCode Flags", "sluice"]
    assert noted(incoming) >= {
        ("Signal flags", "flag"), ("Signal flags", "tags"), ("Signal flags", "files"), ("Signal flags", "hint"),
        ("Tide tables", "flag"), ("Tide tables", "max_attempts"), ("Tide tables", "next_id"), ("Tide tables", "logic"),
        ("The lock-keeper", "value"), ("The lock-keeper", "requirements"), ("Fog", "state"), ("Secret", "secret"),
        ("Harbour Hunt", "index"),
        ("", "teams"), ("", "notes.txt"), ("", "topics"), ("", "config"),
    }  # fmt: skip


def test_the_csv_of_ctfd_keeps_its_prerequisites_and_says_that_it_has_no_answers() -> None:
    incoming = come_in("ctfd-3.8.7-challenges.csv")
    assert [one.get("Prereq") for one in fields(incoming)] == [None, ["ctfd1"], ["ctfd1", "ctfd2"], None]
    found = noted(incoming)
    assert {("", "flags"), ("The lock-keeper", "requirements"), ("Tide tables", "max_attempts")} <= found
    assert ("Signal flags", "max_attempts") not in found, "it is 0"


def test_the_export_of_puzzlespring_comes_in() -> None:
    incoming = come_in("puzzlespring.phe")
    one, two, three = fields(incoming)
    assert one["ContentText"].startswith("<p>Who keeps the light?</p>")
    assert 'src="asset:light.png"' in one["ContentText"]
    assert (one["CustomCSS"], one["SolutionText"]) == ("p{color:red}", "<p>The keeper.</p>")
    assert (two["Prereq"], two["Meta"], two["Attachments"][0]["filename"]) == (["springa1b"], True, "meta.pdf")
    assert "Prereq" not in three
    assert incoming.answers["Puzzles", "springa1b", "Close1"] == "lamp"
    assert [(one["HintText"], one["Cost"]) for one in fields(incoming, "Hints")] == [("It turns.", 1)]
    found = noted(incoming)
    assert found >= {("", "canned_hints"), ("", "hint_lockout"), ("", "hint_pool_type"), ("", "start_date")}
    assert found >= {
        ("", "config"),
        ("Pier 1", "responses"),
        ("Pier 3", "case_sensitive"),
        ("", "files/hunt/extra.png"),
    }
    assert ("Pier 1", "Close1") not in found, "it is not the answer"


@pytest.mark.parametrize("name", ["gph-site-tsv.zip", "gph-site-dump.zip"])
def test_the_list_and_the_dump_of_gph_site_come_in(name: str) -> None:
    incoming = come_in(name)
    lamp, beam, sluice = fields(incoming)
    assert lamp["ContentText"].startswith("Who holds the lamp?")
    assert 'src="asset:lamp.png"' in lamp["ContentText"]
    assert "{:" not in lamp["ContentText"]
    assert "<style" not in lamp["ContentText"]
    assert (lamp["CustomCSS"].split()[0], lamp["Authors"]) == (".lamp", "A. Keeper")
    assert (beam["Meta"], beam["SolutionText"]) == (True, "A lantern by the **water**.")
    assert [one["Title"] for one in fields(incoming, "Levels")] == ["Quay", "Locks"]
    assert [one["Level"] for one in (lamp, beam, sluice)] == [["gphRound1"], ["gphRound1"], ["gphRound2"]]
    assert list(incoming.answers.values()) == ["LANTERN", "LIGHTHOUSE", "WATER"]
    assert {("Signal Lamp", "emoji"), ("The Beam", "unlock_hours"), ("The Beam", "unlock_global")} <= noted(incoming)


def test_a_comma_within_the_braces_of_a_flag_is_the_flags() -> None:
    text = (
        "name,category,description,value,type,state,flags,type_data\n"
        'A,Web,x,10,dynamic,visible,"CTF{a,_b},other","{""initial"": 50, ""minimum"": 10}"\n'
    )
    incoming = read_import(ImportFile(text.encode(), "challenges.csv", EMPTY, "UTC"))
    assert list(incoming.answers.values()) == ["CTF{a,_b}\nother"]
    assert fields(incoming)[0]["Value"] == 50


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("(?i)tide", "tide"),
        ("^CTF\\{a_b\\}$", "CTF{a_b}"),
        ("tide[s]?", ""),
        ("a|b", ""),
        ("a.c", ""),
        (r"\d", ""),
        ("", ""),
    ],
)
def test_a_pattern_that_fits_one_word_is_that_word(pattern: str, word: str) -> None:
    assert word_of(pattern) == word
