"""What is said of a record while it is typed, and the files of texts."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.ports import Ports
from tests.content.writing.pictures import PNG
from tests.content.writing.steps import begin_with, delete, fields_of, form_of, id_of, new_puzzle, save, upload
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.hunts import hunt
from tests.support.organisers import audited
from tests.support.pages import parsed

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""


# --- checks ----------------------------------------------------------------------------------------------------------


def check(client: PageClient, path: str, **typed: Any) -> dict[str, Any]:
    reply = client.send_json(
        f"{path}/check", form_of(client, path) | {n.replace("__", "."): v for n, v in typed.items()}
    )
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json
    return found


def test_what_is_typed_is_checked_and_shown_without_being_kept(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", ContentText="Old")
    found = check(writer, path, ContentText="**Bold** <script>alert(1)</script>", answer__Solution="x", Slug="Not so")
    assert found["texts"]["ContentText"].startswith("<p><strong>Bold</strong>")
    assert "<script" not in found["texts"]["ContentText"]
    assert [one["field"] for one in found["faults"]] == ["Slug"]
    assert fields_of(world, "Puzzles")["ContentText"] == "Old"


def test_a_style_is_shown_as_the_site_would_keep_it(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", ContentText='<p class="red">x</p>')
    found = check(writer, path, CustomCSS=".red { color: red; position: fixed } body { display: none }")
    assert ".puzzle-sheet" in found["css"]
    assert "fixed" not in found["css"]
    assert 'class="red"' in found["texts"]["ContentText"]


def test_two_puzzles_that_wait_for_each_other_show_it_on_both_pages(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    one = new_puzzle(writer, world, "One", answer__Solution="aaa")
    two = new_puzzle(writer, world, "Two", answer__Solution="bbb", Prereq=[one.rpartition("/")[2]])
    save(writer, one, Prereq=[two.rpartition("/")[2]])
    for path in (one, two):
        assert "These wait for each other" in writer.get(path).text
    assert "These wait for each other" in writer.get("/admin/write/check").text


def test_an_address_that_another_record_has_is_a_fault_of_the_one_being_typed(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    one = new_puzzle(writer, world, "One", Slug="same")
    two = new_puzzle(writer, world, "Two")
    assert [fault["field"] for fault in check(writer, two, Slug="same", answer__Solution="x")["faults"]] == ["Slug"]
    assert check(writer, one, answer__Solution="x")["faults"] == []


def test_a_picture_from_elsewhere_goes_through_this_site(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", ContentText="![Map](https://pictures.example/map.png)")
    shown = parsed(writer.get(path).text).select_one('[data-preview="ContentText"] img')
    assert shown is not None
    assert str(shown["src"]).startswith("/prox/")


def test_the_command_line_checks_and_restocks_the_sites_own_tables(
    app: Flask, writer: PageClient, world: Ports
) -> None:
    begin_with(writer, "version")
    title = world.in_force.content.puzzles[0].title
    save(writer, f"/admin/write/puzzles/{id_of(world, 'Puzzles', title)}", Title="Renamed here")
    assert "No faults in 16 puzzles" in hunt(app, "check", "site")
    assert "Version 2 is in force." in hunt(app, "restock", "--from", "site")
    assert world.in_force.content.puzzles[0].title == "Renamed here"


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_picture_is_stored_once_by_its_bytes_and_shown_in_texts(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    first, second = upload(writer, PNG, "Große Karte.PNG"), upload(writer, PNG, "other.gif")
    assert first.json["name"] == second.json["name"] == "groe-karte.png"
    shown = writer.get(first.json["url"])
    assert (shown.status_code, shown.headers["Content-Type"], shown.get_data()) == (200, "image/png", PNG)
    path = new_puzzle(writer, world, "Maze", ContentText="![Map](asset:groe-karte.png)")
    assert f'src="{first.json["url"]}"' in writer.get(path).text


@pytest.mark.parametrize("body", [b"", b"<html><script>alert(1)</script>", b"\x89PNG no picture", b"GIF89a"])
def test_a_picture_that_is_no_picture_is_refused(writer: PageClient, world: Ports, body: bytes) -> None:
    begin_with(writer)
    reply = upload(writer, body, "x.png")
    assert reply.status_code == 400
    assert rows(world, "SELECT name FROM site_assets") == []


def test_a_file_is_added_below_a_puzzle_without_a_script(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze")
    reply = upload(writer, PNG, "map.png", table="Puzzles", record=path.rpartition("/")[2])
    assert (reply.status_code, reply.location) == (303, path)
    assert fields_of(world, "Puzzles")["Attachments"] == [{"url": "asset:map.png", "filename": "map.png"}]
    save(writer, path, Title="Maze")
    assert len(fields_of(world, "Puzzles")["Attachments"]) == 1
    save(writer, path, Attachments=None)
    assert "Attachments" not in fields_of(world, "Puzzles")


def test_a_file_that_is_gone_shows_as_a_fault(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    upload(writer, PNG, "map.png")
    path = new_puzzle(writer, world, "Maze", ContentText="![Map](asset:map.png)")
    assert writer.send_form("/admin/write/files/delete", {"name": "map.png"}).status_code == 303
    assert "There is no asset named map.png" in writer.get(path).text


def test_what_is_written_is_in_the_audit_without_its_words(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Secret title")
    delete(writer, path)
    acts = [line[1] for line in audited(world) if line[0] == "quill"]
    assert acts == ["replace tables", "write record", "delete record"]
    assert "Secret title" not in str(rows(world, "SELECT * FROM audit"))


def test_a_number_0_is_kept(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    new_puzzle(writer, world, "Maze")
    save(writer, "/admin/write/hints/new", HintText="Left", Cost="0")
    assert fields_of(world, "Hints")["Cost"] == 0
