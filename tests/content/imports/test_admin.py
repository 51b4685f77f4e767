"""The page that takes in a hunt."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask

from app.content.sources.site import read_site
from app.ports import Ports
from tests.content.imports.test_spreadsheets import puzzles
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.demo_hunt import world as world
from tests.support.demo_hunt import writer as writer
from tests.support.organisers import enter

PATH = "/admin/write/import"


def send(client: PageClient, raw: bytes, name: str = "hunt.xlsx", **more: str) -> Any:
    form = {"file": (io.BytesIO(raw), name), "csrf_token": client.token(), **more}
    return client.post(PATH, data=form)


def test_a_writer_checks_a_file_then_fills_the_tables(writer: PageClient, world: Ports) -> None:
    raw = puzzles(["Maze", "One", "Minotaur", "maze"])
    checked = send(writer, raw, act="check")
    assert checked.status_code == 200
    assert "No errors." in checked.text
    assert not any(read_site(world.database).tables.values())
    assert send(writer, raw, act="fill").status_code == 303
    assert [one.fields["Title"] for one in read_site(world.database).records("Puzzles")] == ["Maze"]
    kept = str(rows(world, "SELECT * FROM site_records")) + str(rows(world, "SELECT * FROM audit"))
    assert "minotaur" not in (kept + checked.text).lower()


def test_faults_are_listed_with_their_places_and_nothing_is_filled(writer: PageClient, world: Ports) -> None:
    reply = send(writer, puzzles(["A", "L", "x", "same"], ["B", "L", "y", "same"]), act="fill")
    assert reply.status_code == 400
    assert "row 3, column D" in reply.text
    assert not any(read_site(world.database).tables.values())


def test_what_the_tables_hold_goes_only_with_the_box_ticked(writer: PageClient, world: Ports) -> None:
    raw = puzzles(["Maze", "One", "x", "maze"])
    send(writer, raw, act="fill")
    assert send(writer, puzzles(["B", "L", "y", "b"]), act="fill").status_code == 400
    assert send(writer, puzzles(["B", "L", "y", "b"]), act="fill", replace="yes").status_code == 303
    assert [one.fields["Title"] for one in read_site(world.database).records("Puzzles")] == ["B"]


def test_the_workbook_of_the_hunt_comes_back_without_a_change(writer: PageClient, world: Ports) -> None:
    raw = writer.get("/admin/write/spreadsheet").get_data()
    assert send(writer, raw, act="fill").status_code == 303
    assert len(read_site(world.database).records("Puzzles")) == 15


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 damaged", b"\0" * 50, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
@pytest.mark.parametrize("kind", ["", "spreadsheet", "ctfd", "puzzlespring", "gph", "nonsense"])
def test_a_wrong_file_is_refused(writer: PageClient, raw: bytes, kind: str) -> None:
    assert send(writer, raw, act="fill", kind=kind).status_code == 400


def test_teams_and_helpers_cannot_import(app: Flask, world: Ports) -> None:
    for role in ("team", "helper"):
        client = enter(app, f"some {role}", role)
        assert client.get(PATH).status_code in (403, 404)
        assert client.get("/admin/write/spreadsheet").status_code in (403, 404)
