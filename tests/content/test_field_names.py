"""Names that writers type: what is meant is understood, and nothing is dropped in silence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.content.parse import row as rows
from app.content.parse.field_names import KNOWN_FIELDS
from app.content.parse.parser import parse
from app.content.sources.json_file import read_file, read_text
from app.content.sources.tables import SourceUnreadable
from tests.support.environment import DEMO_HUNT
from tests.support.records import SOUND, parsed, warnings


def whole(**more: Any) -> dict[str, Any]:
    tables = {table: [{"id": key, "fields": fields} for key, fields in found.items()] for table, found in SOUND.items()}
    return {"format": 1, "tables": tables} | more


def told(hunt: dict[str, Any]) -> list[str]:
    return [str(one) for one in parse(read_text(json.dumps(hunt), "hunt.json"), version=1).warnings]


@pytest.mark.parametrize(
    ("table", "record", "typed", "value", "meant"),
    [
        ("Puzzles", "recP2", "Prereqs", ["recP1"], "Prereq"),
        ("Puzzles", "recP1", "Answers", "x", "Solution"),
        ("Levels", "recL1", "Prereq Counts", 1, "PrereqCount"),
        ("Hints", "recH1", "Price", 2, "Cost"),
        ("Puzzles", "recP1", "Accessibility", "sound", "Access"),
        ("Puzzles", "recP1", "Tags", "sound", "Access"),
        ("Puzzles", "recP1", "Erata", "x", "Erratum"),
        ("Divisions", "recD1", "Final Puzzles", ["recP2"], "FinalPuzzle"),
    ],
)
def test_a_field_that_is_not_read_is_warned_of_with_the_nearest(
    table: str, record: str, typed: str, value: Any, meant: str
) -> None:
    (said,) = warnings({table: {record: {typed: value}}})
    assert f"({record}) › {typed}: “{typed}” is no field of {table} and is not read. Did you mean {meant}?" in said or (
        f"{record} › {typed}: “{typed}” is no field of {table} and is not read. Did you mean {meant}?" in said
    )


def test_a_field_like_none_is_warned_of_without_a_guess() -> None:
    (said,) = warnings({"Puzzles": {"recP1": {"Qqq": "to do"}}})
    assert said.endswith("“Qqq” is no field of Puzzles and is not read.")


def test_blanks_and_case_are_understood_and_warned_of() -> None:
    cells = {"ContentText": None, "ContentText ": "The *whole* puzzle", "unlock at": "2099-01-01T00:00Z"}
    found = parsed({"Puzzles": {"recP1": cells}})
    puzzle = found.content.puzzles_by_key["recP1"]
    assert "<em>whole</em>" in puzzle.body_html
    assert puzzle.unlock_at is not None
    said = [str(one) for one in found.warnings]
    assert any("“ContentText ” is read as ContentText." in one for one in said)
    assert any("“unlock at” is read as UnlockAt." in one for one in said)


def test_a_name_in_many_records_is_told_of_once_with_their_number() -> None:
    (said,) = warnings({"Puzzles": {"recP1": {"Notes": "a"}, "recP2": {"Notes": "b"}}})
    assert said.startswith("Puzzles › “One” (recP1) › Notes: ")
    assert said.endswith("(In 2 records.)")


def test_the_other_side_of_a_link_is_no_unknown_field() -> None:
    """Airtable adds it to the linked table by itself."""
    assert warnings({"Puzzles": {"recP1": {"Levels 2": ["recL2"]}}}) == []
    assert len(warnings({"Puzzles": {"recP2": {"Levels 2": ["recL2"]}}})) == 1


def test_the_demo_hunt_and_every_field_that_is_read_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, set[str]] = {table: set() for table in KNOWN_FIELDS}

    class Cells(dict[str, Any]):
        table = ""

        def get(self, name: str, default: Any = None) -> Any:
            asked[self.table].add(name)
            return super().get(name, default)

    begin = rows.Row.__init__

    def watched(row: rows.Row, table: str, record: Any, findings: Any) -> None:
        begin(row, table, record, findings)
        row._fields = Cells(record.fields)
        row._fields.table = table  # type: ignore[attr-defined]

    monkeypatch.setattr(rows.Row, "__init__", watched)
    assert parse(read_file(DEMO_HUNT), version=1).warnings == ()
    for table, names in asked.items():
        assert names
        assert names <= set(KNOWN_FIELDS[table]), table


# --- around the records ----------------------------------------------------------------------------------------------


def test_a_table_that_is_not_read_is_warned_of_with_the_nearest() -> None:
    hunt = whole()
    hunt["tables"] |= {"Page": [{"id": "recX", "fields": {}}], "Sponsors": []}
    said = told(hunt)
    assert "tables › Page: “Page” is no name of a table and is not read. Did you mean Pages?" in said
    assert "tables › Sponsors: “Sponsors” is no name of a table and is not read." in said


def test_a_table_with_another_case_or_a_blank_is_understood_and_warned_of() -> None:
    hunt = whole()
    hunt["tables"]["divisions "] = hunt["tables"].pop("Divisions")
    found = parse(read_text(json.dumps(hunt), "hunt.json"), version=1)
    assert [one.code for one in found.content.divisions] == ["solo"]
    assert [str(one) for one in found.warnings] == [
        "tables › divisions: “divisions ” is read as Divisions. Write it exactly so."
    ]


def test_a_missing_table_names_the_one_that_may_be_meant() -> None:
    hunt = whole()
    hunt["tables"]["Puzzle"] = hunt["tables"].pop("Puzzles")
    with pytest.raises(SourceUnreadable, match=r"Puzzles is missing\. “Puzzle” is no table"):
        told(hunt)


def test_a_name_that_stands_twice_in_one_object_is_refused() -> None:
    text = '{"format": 1, "tables": {"Levels": [], "Puzzles": [], "Hints": [], "Hints": []}}'
    with pytest.raises(SourceUnreadable, match=r"hunt\.json: the name “Hints” stands twice in one object"):
        read_text(text, "hunt.json")


@pytest.mark.parametrize(("key", "meant"), [("asset", "assets"), ("files", "assets"), ("viewname", "view")])
def test_a_key_of_the_file_that_is_not_read_is_warned_of(key: str, meant: str) -> None:
    (said,) = told(whole(**{key: {"x.png": "data:,"}}))
    assert said == f"{key}: “{key}” is no name of a content file and is not read. Did you mean {meant}?"


def test_a_table_beside_tables_is_warned_of() -> None:
    assert told(whole(Story=[]))[0].startswith("Story: “Story” is no name of a content file")


def test_what_stands_beside_the_fields_of_a_record_is_warned_of_once() -> None:
    hunt = whole()
    for row in hunt["tables"]["Hints"]:
        row["Cost"] = 3
    assert told(hunt) == [
        "Hints › recH1 › Cost: “Cost” stands beside “fields” and is not read. Put it inside of “fields”."
    ]


def test_fields_under_another_case_are_understood_and_warned_of() -> None:
    hunt = whole()
    row = hunt["tables"]["Hints"][0]
    row["Fields"] = row.pop("fields")
    (said,) = told(hunt)
    assert said == "Hints › recH1 › Fields: “Fields” is read as fields. Write it exactly so."


# --- what a puzzle holds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        {"ContentText": None},
        {"ContentText": " \n\u200b\u00a0&nbsp;\n"},
        {"ContentText": "<div></div>"},
    ],
)
def test_a_puzzle_with_nothing_to_read_is_warned_of(cells: dict[str, Any]) -> None:
    assert any("nothing to read" in one for one in warnings({"Puzzles": {"recP1": cells}}))


@pytest.mark.parametrize(
    "cells",
    [
        {"ContentText": "!"},
        {"ContentText": None, "Description": "A line above the puzzle"},
        {"ContentText": "<hr>"},
        {"ContentText": None, "Type": "Link", "URL": "https://a.example/"},
        {"ContentText": None, "Attachments": [{"url": "https://a.example/x.png"}]},
        {"ContentText": None, "Script": "show()", "ScriptEnabled": True},
    ],
)
def test_a_puzzle_with_anything_to_read_is_not(cells: dict[str, Any]) -> None:
    assert not any("nothing to read" in one for one in warnings({"Puzzles": {"recP1": cells}}))


def test_an_address_that_is_not_shown_is_warned_of() -> None:
    (said,) = warnings({"Puzzles": {"recP1": {"URL": "https://a.example/"}}})
    assert "› URL: The address is not shown, because the Type is Text." in said


@pytest.mark.parametrize("authors", [["recAAAAAAAAAAAAAA"], "Ada, rec0123456789abcd"])
def test_record_ids_as_authors_are_warned_of(authors: Any) -> None:
    (said,) = warnings({"Puzzles": {"recP1": {"Authors": authors}}})
    assert "› Authors: rec" in said
    assert "names a record and is left out" in said


def test_names_as_authors_are_not() -> None:
    assert warnings({"Puzzles": {"recP1": {"Authors": "Ada, Recreation Group 1"}}}) == []
