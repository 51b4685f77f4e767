"""The page that takes in a hunt."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.content.imports import run
from app.content.sources.site import read_site
from app.ops import jobs
from app.ports import Ports
from tests.content.imports.test_real_exports import FILES
from tests.content.imports.test_spreadsheets import book, puzzles
from tests.content.writing.steps import begin_with
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.demo_hunt import world as world
from tests.support.demo_hunt import writer as writer
from tests.support.hunts import hunt
from tests.support.organisers import audited, enter
from tests.support.pages import parsed
from tests.support.sockets import wait_until

PATH = "/admin/write/import"


def send(client: PageClient, raw: bytes, name: str = "hunt.xlsx", **more: str) -> Any:
    """Choose the file; answers the page that its form leads to."""
    reply = client.send_form(PATH, {"file": (io.BytesIO(raw), name), **more})
    # The test client writes a large form into a file of its own and leaves it open.
    reply.request.environ["wsgi.input"].close()
    return reply if reply.status_code != 303 else ended(client, reply.location)


def go_on(client: PageClient, page: Any, **fields: str) -> Any:
    """Press a button below what was checked; answers the page that it leads to."""
    path = page.request.path
    reply = client.send_form(path, fields_below(page.text, path) | fields)
    return reply if reply.status_code != 303 else ended(client, reply.location)


def ended(client: PageClient, path: str) -> Any:
    for _ in range(600):
        page = client.get(path)
        if "data-restock" not in page.text:
            return page
        time.sleep(0.05)
    raise AssertionError("the import did not end")


def fields_below(page: str, path: str) -> dict[str, str]:
    """What the form sends if nothing is chosen."""
    form = parsed(page).select_one(f'form[action="{path}"]')
    assert form is not None
    found = {}
    for box in form.select("select"):
        chosen = box.select_one("option[selected]")
        found[str(box["name"])] = str(chosen["value"]) if chosen else ""
    return found


def titles(world: Ports) -> list[str]:
    return [one.fields["Title"] for one in read_site(world.database).records("Puzzles")]


def everything(world: Ports) -> str:
    return str([rows(world, f"SELECT * FROM {table}") for table in ("site_records", "audit", "snapshots")]).lower()


def test_a_writer_checks_a_file_then_fills_the_tables(writer: PageClient, world: Ports) -> None:
    checked = send(writer, puzzles(["Maze", "One", "Minotaur", "maze"]))
    assert "No errors." in checked.text
    assert not any(read_site(world.database).tables.values())
    assert "minotaur" not in everything(world) + checked.text.lower()
    filled = go_on(writer, checked, act="fill")
    assert "The tables are filled." in filled.text
    assert titles(world) == ["Maze"]
    assert "minotaur" not in everything(world) + filled.text.lower()
    assert rows(world, "SELECT name FROM snapshots WHERE name LIKE 'import:file:%'") == []
    assert [line for line in audited(world) if line[0] == "quill"] == [
        ("quill", "start import", "hunt.xlsx"),
        ("quill", "start import", "hunt.xlsx"),
        ("quill", "replace tables", "import: hunt.xlsx"),
    ]


def test_no_line_of_a_report_begins_with_a_sign(writer: PageClient) -> None:
    page = send(writer, (FILES / "ctfd-3.8.7.zip").read_bytes(), "ctfd-3.8.7.zip")
    places = [
        " ".join(cell.get_text().split()) for cell in parsed(page.text).select("table.findings tbody td:first-child")
    ]
    assert len(places) > 10
    assert [one for one in places if not one[:1].isalnum()] == []
    assert {"teams", "assets › notes.txt"} <= set(places)


def test_a_program_fills_the_tables_in_one_request(writer: PageClient, world: Ports) -> None:
    assert "The tables are filled." in send(writer, puzzles(["Maze", "One", "x", "maze"]), act="fill").text
    assert titles(world) == ["Maze"]


def test_faults_are_listed_with_their_places_and_nothing_is_filled(writer: PageClient, world: Ports) -> None:
    page = send(writer, puzzles(["A", "L", "x", "same"], ["B", "L", "y", "same"]), act="fill")
    assert "row 3, column D" in page.text
    assert "<title>Error:" in page.text
    assert 'value="fill"' not in page.text
    assert not any(read_site(world.database).tables.values())


def test_what_the_tables_hold_goes_only_with_the_box_ticked(writer: PageClient, world: Ports) -> None:
    send(writer, puzzles(["Maze", "One", "x", "maze"]), act="fill")
    assert send(writer, puzzles(["B", "L", "y", "b"]), act="fill").status_code == 400
    checked = send(writer, puzzles(["B", "L", "y", "b"]))
    refused = go_on(writer, checked, act="fill")
    assert (refused.status_code, titles(world)) == (400, ["Maze"])
    assert "Tick the box" in refused.text
    assert "The tables are filled." in go_on(writer, checked, act="fill", replace="yes").text
    assert titles(world) == ["B"]


def test_a_record_written_while_answers_are_hashed_is_not_replaced(
    writer: PageClient, world: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = run.with_answers_hashed

    def meanwhile(*given: Any) -> Any:
        begin_with(writer, "empty")
        return slow(*given)

    monkeypatch.setattr(run, "with_answers_hashed", meanwhile)
    page = send(writer, puzzles(["A", "L", "x", "a"]), act="fill")
    assert "Nothing was replaced" in page.text
    assert [len(found) for found in read_site(world.database).tables.values() if found] == [1]
    assert "The tables are filled." in go_on(writer, page, act="fill", replace="yes").text


def test_the_workbook_of_the_hunt_comes_back_without_a_change(writer: PageClient, world: Ports) -> None:
    raw = writer.get("/admin/write/spreadsheet").get_data()
    assert "The tables are filled." in send(writer, raw, act="fill").text
    assert len(read_site(world.database).records("Puzzles")) == 16


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 damaged", b"\0" * 50, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
@pytest.mark.parametrize("kind", ["", "spreadsheet", "ctfd", "puzzlespring", "gph", "nonsense"])
def test_a_wrong_file_is_refused(writer: PageClient, world: Ports, raw: bytes, kind: str) -> None:
    assert "<title>Error:" in send(writer, raw, act="fill", kind=kind).text
    assert not any(read_site(world.database).tables.values())


def test_a_hunt_of_another_platform_goes_live_and_is_played(app: Flask, writer: PageClient, world: Ports) -> None:
    page = send(writer, (FILES / "gph-site-dump.zip").read_bytes(), "hunt.zip")
    assert "No errors." in page.text
    assert "opens by unlock_global" in page.text
    assert "The tables are filled." in go_on(writer, page, act="fill").text
    assert "No faults in 3 puzzles" in hunt(app, "check", "site")
    hunt(app, "restock", "--from", "site", "--yes")
    team = enter(app, "owls", "team")
    assert "Who holds the lamp?" in team.get("/game/puzzle/signal-lamp").text
    assert team.guess("signal-lamp", "lantern").json["verdict"] == "correct"


# --- the run ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Imports stand still before they hash, until it is set."""
    gate, real = threading.Event(), run.with_answers_hashed

    def wait(incoming: Any, hasher: Any, clock: Any, tell: Any) -> Any:
        tell(0, 1)
        gate.wait(30)
        return real(incoming, hasher, clock, tell)

    monkeypatch.setattr(run, "with_answers_hashed", wait)
    monkeypatch.setattr(run, "SECONDS_BEFORE_REPLY", 0.0)
    yield gate
    gate.set()


def begun(client: PageClient, world: Ports) -> str:
    """An import that hashes; its page."""
    raw = puzzles(["A", "L", "Minotaur", "a"])
    reply = client.send_form(PATH, {"file": (io.BytesIO(raw), "hunt.xlsx"), "act": "fill"})
    wait_until(lambda: (one := run.latest_import(world.database, world.clock)) is not None and one.total == 1)
    return str(reply.location)


def test_an_import_runs_in_the_background_one_at_a_time_and_shows_how_far_it_is(
    writer: PageClient, world: Ports, held: threading.Event
) -> None:
    path = begun(writer, world)
    assert "hashing answers: 0 of 1" in writer.get(path).text
    assert writer.get(f"{PATH}/progress").json == {
        "state": "running", "step": "hashing answers: 0 of 1", "done": 0, "total": 1,
    }  # fmt: skip
    assert path in writer.get(PATH).text
    assert "Another import is running." in send(writer, puzzles(["B", "L", "x", "b"])).text
    assert "minotaur" not in everything(world)
    held.set()
    assert "The tables are filled." in ended(writer, path).text
    assert titles(world) == ["A"]


def test_a_cancelled_import_changes_nothing_and_its_file_is_forgotten(
    writer: PageClient, world: Ports, held: threading.Event
) -> None:
    path = begun(writer, world)
    worker = next(one for one in threading.enumerate() if one.name == "import")
    assert writer.send_form(path, {"act": "cancel"}).status_code == 303
    held.set()
    worker.join(30)
    assert "Cancelled. Nothing was changed." in writer.get(path).text
    assert not any(read_site(world.database).tables.values())
    assert rows(world, "SELECT name FROM snapshots WHERE name LIKE 'import:file:%'") == []
    assert writer.send_form(path, {"act": "fill"}).status_code == 404


def test_an_import_whose_process_died_is_shown_as_lost_and_another_may_begin(
    writer: PageClient, world: Ports, clock: FixedClock, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = begun(writer, world)
    worker = next(one for one in threading.enumerate() if one.name == "import")
    clock.advance(run.SILENT.total_seconds() + 1)
    assert "has stopped. Nothing was changed." in writer.get(path).text
    monkeypatch.undo()
    assert "The tables are filled." in send(writer, puzzles(["B", "L", "y", "b"]), act="fill").text
    held.set()
    worker.join(30)
    assert titles(world) == ["B"], "the first was only slow, and gave way"


def test_the_file_is_kept_for_an_hour_encrypted(writer: PageClient, world: Ports, clock: FixedClock) -> None:
    checked = send(writer, b"Title,Level,Answer\nA,L,Minotaur\n", "p.csv")
    (kept,) = rows(world, "SELECT body FROM snapshots WHERE name LIKE 'import:file:%'")
    assert kept[0].startswith("gAAAA")
    clock.advance(run.KEPT.total_seconds() + 1)
    assert go_on(writer, checked, act="fill").status_code == 404
    jobs.sweep(world)
    assert rows(world, "SELECT name FROM snapshots WHERE name LIKE 'import:file:%'") == []


def test_a_failure_of_ours_ends_the_run(writer: PageClient, world: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(run, "check", broken)
    assert "Something broke on our side" in send(writer, puzzles(["A", "L", "x", "a"])).text


# --- other names -----------------------------------------------------------------------------------------------------

OTHERS = {
    "Rätsel": [["Titel", "Runde", "Lösung", "Notiz", "answr"], ["Irrgarten", "Eins", "Minotaurus", "geheim", None]],
    "Puzzles": [["Title", "Level", "Answer"], ["Maze", "One", "Minotaur"]],
}


def test_sheets_and_columns_of_other_names_are_shown_with_examples_and_chosen(writer: PageClient, world: Ports) -> None:
    page = send(writer, book(**OTHERS))
    assert titles_of_options(page, "sheet.0") == [""]
    page = go_on(writer, page, act="check", **{"sheet.0": "Puzzles"})
    heads = [one.text for one in parsed(page.text).select("table.columns th[scope=row] > bdi:first-child")]
    assert heads == ["Rätsel", "Titel", "Runde", "Lösung", "Notiz", "answr"]
    assert titles_of_options(page, "column.0") == ["Title"], "the nearest name"
    assert titles_of_options(page, "column.2") == [""]
    assert "Minotaurus" in page.text
    assert "geheim" in page.text
    chosen = {"column.1": "Level", "column.2": "Answer", "column.3": "", "column.4": ""}
    page = go_on(writer, page, act="check", **chosen)
    assert "Minotaurus" not in page.text, "now it is an answer"
    assert "minotaurus" not in everything(world)
    assert "The tables are filled." in go_on(writer, page, act="fill").text
    assert sorted(titles(world)) == ["Irrgarten", "Maze"]


def titles_of_options(page: Any, name: str) -> list[str]:
    return [str(one["value"]) for one in parsed(page.text).select(f'select[name="{name}"] option[selected]')] or [""]


def test_a_field_that_is_none_of_ours_is_left_out(writer: PageClient, world: Ports) -> None:
    page = send(writer, book(Puzzles=[["Title", "Level", "Answer", "Odd"], ["Maze", "One", "x", "y"]]))
    page = go_on(writer, page, act="fill", **{"column.0": "__class__", "sheet.0": "Puzzles", "column.9": "Slug"})
    assert "The tables are filled." in page.text


def test_two_columns_for_one_field_are_a_fault_that_can_be_mended(writer: PageClient, world: Ports) -> None:
    page = send(writer, book(Puzzles=[["Title", "Level", "Answer", "Odd"], ["Maze", "One", "x", "y"]]))
    page = go_on(writer, page, act="fill", **{"column.0": "Title"})
    assert "This column stands twice." in page.text
    assert "The tables are filled." not in page.text
    assert "No errors." in go_on(writer, page, act="check", **{"column.0": ""}).text


def test_names_of_columns_are_shown_as_text(writer: PageClient, world: Ports) -> None:
    hostile = "<script>alert(1)</script>"
    page = send(
        writer, book(**{"<b>x": [["Title", hostile], ["A", hostile]]}, Puzzles=[["Title", hostile], ["A", hostile]])
    )
    assert hostile not in page.text
    assert "&lt;script&gt;" in page.text


def test_teams_and_helpers_cannot_import(app: Flask, world: Ports) -> None:
    for role in ("team", "helper"):
        client = enter(app, f"some {role}", role)
        assert client.get(PATH).status_code in (403, 404)
        assert client.get("/admin/write/spreadsheet").status_code in (403, 404)
