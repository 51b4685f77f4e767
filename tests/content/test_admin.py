"""Content from the pages: comparisons, roll-backs, previews, and test-solves without a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from app.ports import Ports
from app.settings.service import change_settings
from tests.demo.answers import ANSWERS
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.demo_hunt import world as world
from tests.support.demo_hunt import writer as writer
from tests.support.organisers import audited, enter
from tests.support.pages import parsed
from tests.support.restocks import bring, demo, finished, upload


def postcard(ports: Ports) -> str:
    puzzle = ports.in_force.content.puzzle("postcard")
    assert puzzle is not None
    return puzzle.id


# --- versions --------------------------------------------------------------------------------------------------------


def test_a_roll_back_says_what_changes_before_and_is_audited(writer: PageClient, world: Ports) -> None:
    bring(writer, world, json.dumps(demo(Title="A new name")).encode())
    asked = writer.get("/admin/content/1/rollback")
    assert "Make version 1 live?" in asked.text
    assert "Title" in asked.text
    assert world.in_force.content.version == 2
    assert writer.send_form("/admin/content/1/rollback").status_code == 303
    assert world.in_force.content.version == 1
    assert ("quill", "rollback", "1") in audited(world)


def test_any_two_versions_can_be_compared(writer: PageClient, world: Ports) -> None:
    bring(writer, world, json.dumps(demo(Value=77)).encode())
    assert "Value" in writer.get("/admin/content/compare?old=1&new=2").text
    assert "No differences." in writer.get("/admin/content/compare?old=2&new=2").text


@pytest.mark.parametrize(
    "path",
    [
        "/admin/content/99", "/admin/content/99999999999999999999/export", "/admin/content/99/rollback",
        "/admin/content/compare?old=1&new=x", "/admin/content/compare", "/admin/content/1/puzzle/nothing",
        "/admin/content/99/puzzle/postcard", "/admin/content/1/assets/nothing.png", "/admin/content/0",
    ],
)  # fmt: skip
def test_a_version_or_puzzle_that_is_not_there_is_not_found(writer: PageClient, path: str) -> None:
    assert writer.get(path).status_code == 404


def test_an_export_can_be_restocked(writer: PageClient, world: Ports) -> None:
    reply = writer.get("/admin/content/1/export")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="content-1.json"'
    upload(writer, reply.get_data())
    assert finished(world) == "unchanged"


# --- previews --------------------------------------------------------------------------------------------------------


def test_every_puzzle_of_the_hunt_can_be_previewed_with_its_pictures(writer: PageClient, world: Ports) -> None:
    import re

    for puzzle in world.in_force.content.puzzles:
        page = writer.get(f"/admin/content/1/puzzle/{puzzle.id}")
        assert page.status_code == 200
        assert puzzle.title in page.text
        assert '="/assets/' not in page.text
        for address in set(re.findall(r'(?:src|href)="(/admin/content/1/[^"]+)"', page.text)):
            assert writer.get(address).status_code in (200, 303), address


def test_a_preview_shows_the_old_version_as_it_was(writer: PageClient, world: Ports) -> None:
    bring(writer, world, json.dumps(demo(Title="A new name")).encode())
    record = postcard(world)
    assert "A new name" not in writer.get(f"/admin/content/1/puzzle/{record}").text
    assert "A new name" in writer.get(f"/admin/content/2/puzzle/{record}").text


TRACES = ("guesses", "solves", "ledger", "unlocks", "receipts", "puzzle_tallies", "log")


def counted(ports: Ports) -> dict[str, Any]:
    return {table: rows(ports, f"SELECT count(*) FROM {table}") for table in TRACES}


def test_a_test_solve_is_judged_as_a_guess_and_leaves_no_trace(writer: PageClient, world: Ports) -> None:
    before = counted(world)
    path = f"/admin/content/1/puzzle/{postcard(world)}"
    right = writer.send_form(path, {"answer": ANSWERS["postcard"]})
    assert "result-correct" in right.text
    assert "result-wrong" in writer.send_form(path, {"answer": "certainly not"}).text
    assert counted(world) == before
    assert rows(world, "SELECT score, guess_times FROM teams WHERE name = 'quill'")[0][0] == 0


@pytest.mark.parametrize("answer", ["", "?!", "x" * 201, "字" * 80, "\0"])
def test_a_test_solve_refuses_what_cannot_be_an_answer(writer: PageClient, world: Ports, answer: str) -> None:
    assert writer.send_form(f"/admin/content/1/puzzle/{postcard(world)}", {"answer": answer}).status_code == 400


def test_an_answer_accepted_later_is_right_in_the_preview_too(writer: PageClient, world: Ports) -> None:
    from app.guesses.corrections import accept_answer

    content = world.in_force.content
    puzzle = content.puzzle("postcard")
    assert puzzle is not None
    accept_answer(world.for_hunt, world.encryption, world.secret, content, puzzle, "a fair one", "keeper")
    assert "result-correct" in writer.send_form(f"/admin/content/1/puzzle/{puzzle.id}", {"answer": "a fair one"}).text


def test_no_hash_of_an_answer_reaches_a_content_page(writer: PageClient, world: Ports) -> None:
    for path in ("/admin/content", "/admin/content/1", f"/admin/content/1/puzzle/{postcard(world)}"):
        assert "$2" not in writer.get(path).text


def test_a_helper_has_no_content_pages(app: Flask, world: Ports) -> None:
    helper = enter(app, "aide", "helper")
    for path in ("/admin/content", "/admin/content/1", "/admin/content/1/export"):
        assert helper.get(path).status_code == 403


def test_a_helper_reads_every_puzzle_and_its_solution_before_the_start(app: Flask, world: Ports) -> None:
    change_settings(
        world.database, world.in_force, world.clock, {"starts_at": "2099-01-01T00:00Z", "ends_at": ""}, "chief"
    )
    helper, path = enter(app, "aide", "helper"), f"/admin/content/1/puzzle/{postcard(world)}"
    page = helper.get(path)
    assert page.status_code == 200
    assert "Solution, as shown after the end" in page.text
    assert 'href="/admin/content"' not in page.text
    assert helper.get("/game").status_code == 403, "the teams' own pages stay closed"


def test_a_fault_that_asks_for_a_hash_links_to_the_page_that_makes_it(writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Near="no signature")).encode())
    assert finished(world) == "refused"
    faults = parsed(writer.get("/admin/content").text).select(".findings td:last-child")
    assert [fault.a["href"] for fault in faults if "hash generator" in fault.get_text()] == ["/admin/hashes"]  # type: ignore[index]
