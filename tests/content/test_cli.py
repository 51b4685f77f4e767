"""``hunt restock`` and its neighbours, as a writer types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.support.environment import DEMO_HUNT
from tests.support.hunts import hunt


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The demo hunt in a file of the writer's own."""
    path = tmp_path / "hunt.json"
    path.write_text(DEMO_HUNT.read_text())
    return path


def edit(path: Path, record: int, **fields: Any) -> str:
    """Change fields of a puzzle; answers its record id."""
    whole = json.loads(path.read_text())
    row = whole["tables"]["Puzzles"][record]
    row["fields"] |= fields
    path.write_text(json.dumps(whole))
    return str(row["id"])


def test_a_writer_edits_the_file_and_restocks(app: Flask, edited: Path) -> None:
    assert hunt(app, "restock", "--from", str(edited)).endswith("Version 1 is in force.\n")
    number = edit(edited, 0, Title="A New Name")
    said = hunt(app, "restock", "--from", str(edited))
    assert said == f"changed: puzzle “A New Name” ({number}): Title\nVersion 2 is in force.\n"
    assert hunt(app, "restock", "--from", str(edited)) == "Nothing has changed; version 2 stays in force.\n"


def test_every_fault_is_a_line_with_table_record_field_and_what_to_do(app: Flask, edited: Path) -> None:
    hunt(app, "restock", "--from", str(edited))
    first = edit(edited, 0, Title="Wrong One", Solution="clear text")
    second = edit(edited, 1, Value="many")
    for command in (("restock", "--from"), ("check",)):
        lines = hunt(app, *command, str(edited), code=1).splitlines()
        faults = [line for line in lines if line.startswith("Puzzles › ")]
        assert any(f"“Wrong One” ({first}) › Solution: " in line for line in faults)
        assert any(f"({second}) › Value: " in line for line in faults)
        assert lines[-1] == f"Error: {len(faults)} faults; nothing was changed."
        assert "clear text" not in "\n".join(lines)
    assert hunt(app, "versions").count("\n") == 1


def test_a_faultless_file_is_said_to_be_so(app: Flask) -> None:
    assert hunt(app, "check", str(DEMO_HUNT)) == "No faults in 16 puzzles of demo_hunt.json.\n"
    assert hunt(app, "check").endswith("of demo_hunt.json.\n")


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", '{"format": 2, "tables": {}}', '{"format": 1, "tables": []}', "[" * 100_000, "\0"],
)
def test_a_file_that_is_no_hunt_is_refused_in_sentences(app: Flask, tmp_path: Path, text: str) -> None:
    (tmp_path / "hunt.json").write_text(text)
    for command in (("restock", "--from"), ("check",)):
        said = hunt(app, *command, str(tmp_path / "hunt.json"), code=1)
        assert said.startswith("Error: ")
        assert "Traceback" not in said


def test_a_file_that_is_not_there_is_refused_in_a_sentence(app: Flask) -> None:
    assert "cannot be read" in hunt(app, "restock", "--from", "/no/such/file.json", code=1)


def test_airtable_without_its_settings_is_refused_in_a_sentence(app: Flask) -> None:
    assert "AIRTABLE_API_KEY" in hunt(app, "restock", "--from", "airtable", code=1)
    assert "AIRTABLE_API_KEY" in hunt(app, "airtable-init", code=1)


def test_what_is_exported_is_restocked_without_a_change(app: Flask, tmp_path: Path) -> None:
    hunt(app, "restock", "--from", str(DEMO_HUNT))
    hunt(app, "export", str(tmp_path / "out.json"))
    assert hunt(app, "restock", "--from", str(tmp_path / "out.json")).startswith("Nothing has changed")
    assert json.loads(hunt(app, "export", "-"))["tables"] == json.loads(DEMO_HUNT.read_text())["tables"]


def test_before_there_is_content_commands_say_what_to_do(app: Flask, tmp_path: Path) -> None:
    assert "hunt restock" in hunt(app, "dry-run", code=1)
    hunt(app, "export", str(tmp_path / "out.json"), code=1)
    assert not (tmp_path / "out.json").exists()
    assert hunt(app, "versions") == ""


def test_versions_marks_the_current_one_and_rollback_moves_it(app: Flask, edited: Path) -> None:
    hunt(app, "restock", "--from", str(edited))
    edit(edited, 0, Title="A New Name")
    hunt(app, "restock", "--from", str(edited))
    assert [line[:6] for line in hunt(app, "versions").splitlines()] == ["*    2", "     1"]
    assert hunt(app, "rollback", "1") == "Version 1 is in force.\n"
    assert [line[:6] for line in hunt(app, "versions").splitlines()] == ["     2", "*    1"]
    assert hunt(app, "versions", "1", "2").startswith("changed: puzzle “A New Name”")


@pytest.mark.parametrize("number", ["0", "7", str(2**31), str(10**40)])
def test_a_rollback_to_nowhere_is_refused_in_a_sentence(app: Flask, number: str) -> None:
    hunt(app, "restock", "--from", str(DEMO_HUNT))
    said = hunt(app, "rollback", number, code=1)
    assert said == f"Error: There is no content version {number}; hunt versions lists them.\n"


def test_a_bot_reaches_the_end_of_the_demo_hunt_in_every_division(app: Flask) -> None:
    hunt(app, "restock", "--from", str(DEMO_HUNT))
    assert hunt(app, "dry-run").count("  reaches the end\n") == 2


def test_a_dead_end_is_told_with_its_reason(app: Flask, edited: Path) -> None:
    number = edit(edited, 14, Unlocked=False)
    hunt(app, "restock", "--from", str(edited))
    said = hunt(app, "dry-run", code=1)
    assert f"({number}): it is not marked Unlocked" in said


def test_half_an_emoji_anywhere_in_the_file_is_a_fault_with_its_place(app: Flask, edited: Path) -> None:
    whole = json.loads(edited.read_text())
    row = whole["tables"]["Puzzles"][0]
    row["fields"] |= {"Erratum": "bad \ud83d end", "Authors": ["\udcff Ann\0"]}
    edited.write_text(json.dumps(whole))
    for command in (("check",), ("restock", "--from")):
        said = hunt(app, *command, str(edited), code=1)
        for field in ("Erratum", "Authors"):
            assert f"Puzzles › “{row['fields']['Title']}” ({row['id']}) › {field}: This holds half a character" in said
    assert "no content version" in hunt(app, "export", "-", code=1)
