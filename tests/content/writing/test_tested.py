"""The writers' list says how well puzzles are tested: as live, and only while the draft says the same."""

from __future__ import annotations

import pytest
from flask import Flask

from app.ports import Ports
from tests.content.writing.steps import begin_with, id_of, new_puzzle, save, wait_for_check
from tests.support.client import PageClient
from tests.support.organisers import enter
from tests.support.pages import parsed
from tests.support.restocks import put_live

LIST = "/admin/write/puzzles"


def line_of(client: PageClient, title: str, path: str = LIST) -> str:
    lines = [one for one in parsed(client.get(path).text).select("[data-order-line]") if title in one.get_text()]
    return " ".join(lines[0].get_text(" ").split()) if lines else ""


def go_live(client: PageClient, ports: Ports) -> None:
    client.send_form("/admin/write/live", {})
    wait_for_check(ports)
    assert put_live(client, ports).status_code == 303


def two_testers_solve(app: Flask, ports: Ports, record: str, answer: str) -> None:
    for name in ("aide", "bede"):
        client = enter(app, name, "helper")
        path = client.send_form(f"/admin/tests/puzzle/{record}").location
        assert client.send_form(path, {"answer": answer}).status_code == 303


@pytest.fixture
def maze(writer: PageClient, world: Ports) -> str:
    begin_with(writer)
    new_puzzle(writer, world, "The Maze", ContentText="Who guards it?", answer__Solution="Minotaur")
    return id_of(world, "Puzzles", "The Maze")


def test_the_badge_goes_with_two_clean_tests_and_comes_back_with_a_change_of_the_draft(
    app: Flask, writer: PageClient, world: Ports, maze: str
) -> None:
    assert "Needs 2 clean tests not live yet" in line_of(writer, "The Maze")
    go_live(writer, world)
    assert "Needs 2 clean tests 0 of 2 clean" in line_of(writer, "The Maze")
    two_testers_solve(app, world, maze, "minotaur")
    assert "Tested 2 of 2 clean" in line_of(writer, "The Maze")
    assert line_of(writer, "The Maze", f"{LIST}?tests=needed") == ""
    # Its place is not its text.
    assert writer.send_form(LIST, {f"order.{maze}": "7"}).status_code == 303
    assert "Tested" in line_of(writer, "The Maze")
    save(writer, f"{LIST}/{maze}", ContentText="Who guards it at night?")
    assert "Needs 2 clean tests" in line_of(writer, "The Maze", f"{LIST}?tests=needed")
    assert "2 before the last change" in line_of(writer, "The Maze")
    save(writer, f"{LIST}/{maze}", ContentText="Who guards it?")
    assert "Tested" in line_of(writer, "The Maze")


def test_a_change_that_is_live_needs_new_tests(app: Flask, writer: PageClient, world: Ports, maze: str) -> None:
    go_live(writer, world)
    two_testers_solve(app, world, maze, "minotaur")
    save(writer, f"{LIST}/{maze}", Title="The Old Maze")
    go_live(writer, world)
    assert "Needs 2 clean tests 0 of 2 clean · 2 before the last change" in line_of(writer, "The Old Maze")


def test_other_tables_have_no_tests(writer: PageClient, maze: str) -> None:
    assert "clean" not in writer.get("/admin/write/levels").text
