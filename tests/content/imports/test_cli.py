"""``hunt spreadsheet`` and ``hunt import``, as an organiser types them."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
from flask import Flask

from app.content.faults import Fault
from app.content.sources.site import read_site
from app.ports import Ports
from tests.content.imports.test_spreadsheets import book, puzzles
from tests.support.accounts import rows
from tests.support.environment import DEMO_HUNT
from tests.support.hunts import hunt


def test_the_version_in_play_goes_out_and_comes_in_with_a_new_answer(app: Flask, tmp_path: Path) -> None:
    ports: Ports = app.extensions["infinity"]
    hunt(app, "restock", "--from", str(DEMO_HUNT))
    path = tmp_path / "hunt.xlsx"
    assert "16 puzzles" in hunt(app, "spreadsheet", str(path))
    assert "exists already" in hunt(app, "spreadsheet", str(path), code=1)
    book = openpyxl.load_workbook(path)
    heads = [cell.value for cell in book["Puzzles"][1]]
    book["Puzzles"].cell(2, heads.index("Answer") + 1).value = "Zanzibar"
    book.save(path)
    assert "Nothing was changed." in hunt(app, "import", str(path), "--dry-run")
    assert not any(read_site(ports.database).tables.values())
    said = hunt(app, "import", str(path))
    assert "Zanzibar" not in said
    stored = str(rows(ports, "SELECT * FROM site_records")) + str(rows(ports, "SELECT * FROM audit"))
    assert "zanzibar" not in stored.lower()
    assert "No faults in 16 puzzles" in hunt(app, "check", "site")
    old = {one["id"]: one["fields"] for one in json.loads(DEMO_HUNT.read_text())["tables"]["Puzzles"]}
    new = {one.id: one.fields for one in read_site(ports.database).records("Puzzles")}
    assert [key for key in old if old[key]["Solution"] != new[key]["Solution"]] == [book["Puzzles"]["A2"].value]


def test_no_line_of_a_report_begins_with_a_sign(app: Flask) -> None:
    lines = hunt(app, "import", str(Path(__file__).parent / "files" / "ctfd-3.8.7.zip"), "--dry-run").splitlines()
    notes = [line.removeprefix("Note: ") for line in lines if line.startswith("Note: ")]
    assert len(notes) > 10
    assert [line for line in notes if not line[:1].isalnum() and line[0] != "“"] == []
    assert (
        str(Fault("", "", "", "", "There are more than 10,000 records in it."))
        == "There are more than 10,000 records in it."
    )


def test_a_faulty_spreadsheet_changes_nothing_and_lists_places(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "hunt.xlsx"
    path.write_bytes(puzzles(["A", "L", "x", "same"], ["B", "L", "y", "same"]))
    for more in ((), ("--dry-run",), ("--to", str(tmp_path / "out.json"))):
        said = hunt(app, "import", str(path), *more, code=1)
        assert "row 3, column D" in said
        assert "nothing was changed" in said
    assert not (tmp_path / "out.json").exists()


def test_a_spreadsheet_of_ones_own_becomes_a_file_that_can_be_restocked(app: Flask, tmp_path: Path) -> None:
    path, out = tmp_path / "hunt.xlsx", tmp_path / "out.json"
    path.write_bytes(puzzles(["A", "L", "x", "a"], ["B", "L", "y", "b"]))
    hunt(app, "import", str(path), "--to", str(out))
    assert "is in force" in hunt(app, "restock", "--from", str(out))
    assert "exists already" in hunt(app, "import", str(path), "--to", str(out), code=1)


def test_columns_and_sheets_of_other_names_are_chosen(app: Flask, tmp_path: Path) -> None:
    ports: Ports = app.extensions["infinity"]
    path = tmp_path / "rätsel.xlsx"
    path.write_bytes(book(Rätsel=[["Titel", "Lösung", "Notiz"], ["Irrgarten", "Minotaurus", "x"]], Pages=[["Titel"]]))
    chosen = ("--sheet", "Rätsel=Puzzles", "--map", "Rätsel!Lösung=Answer", "--map", "Notiz=")
    said = hunt(app, "import", str(path), *chosen)
    assert "Minotaurus" not in said
    assert "Notiz" not in said, "left out on purpose"
    (puzzle,) = read_site(ports.database).records("Puzzles")
    assert puzzle.fields["Solution"].startswith("$2b$")
    for wrong, words in (
        (("--map", "Lösung=Antwort"), "Antwort is none of ours"),
        (("--map", "Losung=Answer"), "There is no column of this name"),
        (("--sheet", "Puzzles=Levels"), "There is no sheet of this name"),
        (("--map", "Answer"), "Write it as"),
    ):
        assert words in hunt(app, "import", str(path), *wrong, code=2 if "none" in words or "Write" in words else 1)


def test_what_the_tables_hold_is_replaced_after_a_question_only(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "hunt.xlsx"
    path.write_bytes(puzzles(["A", "L", "x", "a"]))
    hunt(app, "import", str(path))
    assert "Replace what" in hunt(app, "import", str(path), code=1)
    hunt(app, "import", str(path), "--yes")
    path.write_bytes(b"\x01\x02")
    assert "Error: " in hunt(app, "import", str(path), "--as", "ctfd", code=1)
