from __future__ import annotations

import json
from pathlib import Path

import bcrypt
import pytest

from app.content.parse.parser import parse
from app.content.sources import json_file, tables
from app.content.sources.json_file import read_file, read_text, write_text
from app.content.sources.tables import TABLES, SourceUnreadable
from app.core.answers import comparable, normalise
from tests.support.environment import DEMO_HUNT, ROOT

EMPTY = {"Levels": [], "Puzzles": [], "Hints": []}


def text(**changes: object) -> str:
    return json.dumps({"format": 1, "tables": EMPTY, **changes})


def reasons(raw: bytes | str) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        read_text(raw, "hunt.json")
    return "\n".join(caught.value.reasons)


def test_the_demo_hunt_is_read_with_its_pictures() -> None:
    source = read_file(DEMO_HUNT)
    assert len(source.records("Puzzles")) >= 10
    assert source.assets
    assert source.view is None


def test_what_is_written_is_read_back_the_same() -> None:
    source = read_file(DEMO_HUNT)
    assert read_text(write_text(source), source.origin) == source


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"absent\.json cannot be read: No such file"):
        read_file(tmp_path / "absent.json")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="cannot be read: Is a directory"):
        read_file(tmp_path)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "hunt.json").write_bytes(b"\xef\xbb\xbf" + text().encode())
    assert read_file(tmp_path / "hunt.json").records("Puzzles") == ()


def test_an_unknown_table_is_left_alone() -> None:
    source = read_text(text(tables={**EMPTY, "Ideas": "anything"}), "hunt.json")
    assert "Ideas" not in source.tables


def test_an_absent_optional_table_has_no_key() -> None:
    assert "Divisions" not in read_text(text(), "hunt.json").tables


WRONG = {
    "{": "not valid JSON: Expecting property name enclosed in double quotes at line 1, column 2",
    b"\xff\xfe\x00": "not text in UTF-8",
    "[" * 200_000: "nested too deeply",
    '{"format": NaN}': "NaN is no number",
    "[]": "one JSON object",
    "7": "one JSON object",
    text(format=2): "“format” must be 1",
    text(format=True): "“format” must be 1",
    text(tables=[]): "“tables” must be an object",
    text(tables={"Levels": [], "Puzzles": []}): "the table Hints is missing",
    text(tables={**EMPTY, "Levels": {}}): "Table Levels must be a list",
    text(tables={**EMPTY, "Levels": [7]}): "Table Levels, record 1: every record is an object with a text “id”",
    text(tables={**EMPTY, "Hints": [{"id": "a", "fields": []}]}): "Table Hints, record a: “fields” must be an object",
    text(tables={**EMPTY, "Story": [{"id": "a"}, {"id": "a"}]}): "Table Story holds the record id a twice",
    text(assets=[]): "“assets” must be an object",
    text(assets={"x": 1}): "the asset x must be a text",
}


@pytest.mark.parametrize("raw", WRONG, ids=lambda raw: str(WRONG[raw])[:40])
def test_a_wrong_file_is_refused_in_words(raw: bytes | str) -> None:
    assert WRONG[raw] in reasons(raw)


def test_every_reason_is_listed_not_only_the_first() -> None:
    said = reasons(text(tables={"Levels": {}, "Puzzles": [{"id": 1}]}, assets={"x": 1}))
    assert len(said.splitlines()) == 4


def test_a_file_over_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "MAX_BYTES", 40)
    assert "larger than" in reasons(text())


def test_too_many_records_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "MAX_RECORDS", 1)
    assert "more than 1 records" in reasons(text(tables={**EMPTY, "Hints": [{"id": "a"}, {"id": "b"}]}))


def test_there_are_as_many_tables_as_documented() -> None:
    assert tables.TABLES == ("Levels", "Puzzles", "Hints", "Story", "Divisions", "Pages")


# --- text that is no text --------------------------------------------------------------------------------------------

BROKEN = "bad \ud83d end\0"


def test_broken_characters_are_taken_out_wherever_they_stand_and_named_for_a_warning() -> None:
    cells = {
        "Title": "fine 😀", "My notes": BROKEN, "Nested": [{"a": [BROKEN, 1, None], BROKEN: True}], BROKEN: "x",
        "Solution": "a\u001bb\r\n",
    }  # fmt: skip
    row = {"id": "recP", "createdTime": BROKEN, "fields": cells}
    source = read_text(text(tables={**EMPTY, "Puzzles": [row]}, assets={BROKEN: BROKEN}, view=BROKEN), "\udcff.json")
    (record,) = source.records("Puzzles")
    assert record.broken == ("My notes", "Nested", "bad  end")
    assert record.fields["Nested"] == [{"a": ["bad  end", 1, None], "bad  end": True}]
    assert (record.fields["Title"], record.fields["Solution"]) == ("fine 😀", "a\x1bb\r\n")
    whole = write_text(source) + source.origin + repr(source)
    assert whole.encode()
    assert "\0" not in whole
    assert "\\u0000" not in write_text(source)


@pytest.mark.parametrize("number", ["rec\ud83d", "\udc00", "rec\0P"])
def test_an_id_with_half_a_character_is_refused_with_its_place(number: str) -> None:
    rows = [{"id": "recP", "fields": {}}, {"id": number, "fields": {}}]
    with pytest.raises(SourceUnreadable) as refused:
        read_text(text(tables={**EMPTY, "Puzzles": rows}), "f.json")
    assert "Table Puzzles, record 2: its id holds half a character" in str(refused.value)


def test_a_broken_character_in_a_deep_nest_is_refused_in_words() -> None:
    nest = "[" * 900 + '"\\ud83d"' + "]" * 900
    raw = text(tables={**EMPTY, "Puzzles": [{"id": "recP", "fields": {"X": "NEST"}}]}).replace('"NEST"', nest)
    assert "nested too deeply" in reasons(raw)


def test_the_example_at_the_top_of_the_writers_guide_is_a_complete_hunt_without_faults() -> None:
    guide = (ROOT / "docs" / "writers.md").read_text()
    example = guide.split("```json\n", 1)[1].split("```", 1)[0]
    assert guide.index("```json") < guide.index("## Your first restock")
    found = parse(read_text(example, "example.json"), version=1)
    assert found.warnings == ()
    assert {table for table in TABLES if table in json.loads(example)["tables"]} == set(TABLES)
    for puzzle in found.content.puzzles:
        assert bcrypt.checkpw(normalise("crème brûlée").encode(), comparable(puzzle.answers[0]))
