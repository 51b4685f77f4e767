"""Patches: a field changed at once, kept over restocks, settled by the source, decided on by a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.content.preparation import prepare
from app.content.queries import read_patches
from app.content.restock import restock
from app.content.sources.json_file import read_text
from app.ports import Ports
from tests.content.writing.steps import begin_with
from tests.demo.answers import ANSWERS
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.environment import DEMO_HUNT
from tests.support.hunts import hunt
from tests.support.organisers import audited
from tests.support.pages import parsed

Restock = Callable[..., Any]


@pytest.fixture
def postcard(world: Ports) -> str:
    puzzle = world.in_force.content.puzzle("postcard")
    assert puzzle is not None
    return puzzle.id


def demo(**changes: Any) -> str:
    """The demo hunt with other fields of one puzzle."""
    whole = json.loads(DEMO_HUNT.read_text())
    for row in whole["tables"]["Puzzles"]:
        if row["fields"].get("Slug") == "postcard":
            row["fields"].update(changes)
    return json.dumps(whole)


def restocked(ports: Ports, **changes: Any) -> None:
    restock(ports.for_content, ports.hasher, read_text(demo(**changes), "the source"), "ada", consent=lambda _: True)


def title(ports: Ports) -> str:
    puzzle = ports.in_force.content.puzzle("postcard")
    assert puzzle is not None
    return puzzle.title


def patch(client: PageClient, record: str, field: str, table: str = "puzzles", **typed: Any) -> Any:
    """Open the field's form as a browser does, type, send."""
    path = f"/admin/write/live/{table}/{record}"
    form = parsed(client.get(f"{path}?field={field}").text).select_one("form.write-form")
    assert form is not None
    sent = {
        box["name"]: box.get("value", "on") for box in form.select("input[type=hidden]") if box["name"] != "csrf_token"
    }
    return client.send_form(path, sent | {name.replace("__", "."): value for name, value in typed.items()})


def drop(client: PageClient, ports: Ports, way: str = "drop") -> Any:
    return client.send_form(f"/admin/write/patches/{read_patches(ports.database)[0].id}/{way}", {})


def test_a_patch_is_live_at_once_as_a_version_and_listed_with_both_values(
    writer: PageClient, world: Ports, postcard: str
) -> None:
    before = title(world)
    assert patch(writer, postcard, "Title", Title="A corrected name").status_code == 303
    assert (title(world), world.in_force.content.version) == ("A corrected name", 2)
    page = parsed(writer.get("/admin/write/patches").text)
    assert [one.text for one in page.select(".patch-values dd")] == ["“A corrected name”", f"“{before}”"]
    assert ("quill", "patch", f"Puzzles {postcard} Title") in audited(world)
    assert "1 field of the live version is patched." in writer.get("/admin/write").text


def test_a_patch_is_kept_over_restocks_and_other_changes_come_through(
    writer: PageClient, world: Ports, postcard: str
) -> None:
    patch(writer, postcard, "Title", Title="A corrected name")
    restocked(world)
    assert title(world) == "A corrected name"
    restocked(world, Value=77)
    puzzle = world.in_force.content.puzzle("postcard")
    assert puzzle is not None
    assert (puzzle.title, puzzle.value) == ("A corrected name", 77)


def test_a_patch_ends_when_the_source_says_the_same(writer: PageClient, world: Ports, postcard: str) -> None:
    patch(writer, postcard, "Title", Title="A corrected name")
    restocked(world, Title="A corrected name ")
    assert read_patches(world.database) == []
    restocked(world, Title="Another name")
    assert title(world) == "Another name"


def test_where_the_source_changed_too_a_person_decides(writer: PageClient, world: Ports, postcard: str) -> None:
    patch(writer, postcard, "Title", Title="Ours")
    from app.content.faults import ContentFaulty

    with pytest.raises(ContentFaulty, match="the source says “Theirs” now"):
        restocked(world, Title="Theirs")
    assert title(world) == "Ours"
    page = writer.get("/admin/write/patches").text
    assert "Restocks wait until you decide." in page
    assert "“Theirs”" in page
    assert drop(writer, world, "keep").status_code == 303
    restocked(world, Title="Theirs")
    assert title(world) == "Ours"
    with pytest.raises(ContentFaulty):
        restocked(world, Title="Theirs, third")
    assert drop(writer, world).status_code == 303
    assert title(world) == "Theirs, third"
    restocked(world, Title="Theirs, third")
    assert title(world) == "Theirs, third"


def test_a_dropped_patch_brings_the_sources_words_back_at_once(writer: PageClient, world: Ports, postcard: str) -> None:
    before = title(world)
    patch(writer, postcard, "Title", Title="Ours")
    assert drop(writer, world).status_code == 303
    assert (title(world), read_patches(world.database)) == (before, [])


def test_typing_what_the_source_says_ends_the_patch(writer: PageClient, world: Ports, postcard: str) -> None:
    before = title(world)
    patch(writer, postcard, "Title", Title="Ours")
    patch(writer, postcard, "Title", Title=before)
    assert (title(world), read_patches(world.database)) == (before, [])


def test_a_patch_passes_the_same_checks(writer: PageClient, world: Ports, postcard: str) -> None:
    reply = patch(writer, postcard, "Slug", Slug="Not An Address")
    assert (reply.status_code, "A slug has lower-case letters" in reply.text) == (400, True)
    assert (world.in_force.content.version, read_patches(world.database)) == (1, [])
    assert patch(writer, postcard, "Title", Title=title(world)).status_code == 409


def test_an_answer_is_patched_in_clear_and_kept_as_a_hash(writer: PageClient, world: Ports, postcard: str) -> None:
    assert patch(writer, postcard, "Solution", answer__Solution="Marzipan").status_code == 303
    assert {one.field for one in read_patches(world.database)} == {"Solution", "Near"}
    for table in ("patches", "audit", "content_versions"):
        assert "marzipan" not in str(rows(world, f"SELECT * FROM {table}")).lower()
    assert "marzipan" not in writer.get("/admin/write/patches").text.lower()
    preview = f"/admin/content/{world.in_force.content.version}/puzzle/{postcard}"
    assert "Correct" in writer.send_form(preview, {"answer": "marzipan"}).text
    assert "Correct" not in writer.send_form(preview, {"answer": ANSWERS["postcard"]}).text
    drop(writer, world)
    assert read_patches(world.database) == []
    preview = f"/admin/content/{world.in_force.content.version}/puzzle/{postcard}"
    assert "Correct" in writer.send_form(preview, {"answer": ANSWERS["postcard"]}).text


def test_what_takes_from_teams_is_asked_about_first(
    app: Flask, writer: PageClient, world: Ports, postcard: str
) -> None:
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.register("owls", division="teams")
    assert team.guess("postcard", ANSWERS["postcard"]).json["verdict"] == "correct"
    reply = patch(writer, postcard, "Divisions", Divisions=["solo"])
    assert reply.status_code == 409
    assert world.in_force.content.version == 1
    box = parsed(reply.text).select_one("input[name=agreed]")
    assert box is not None
    assert patch(writer, postcard, "Divisions", Divisions=["solo"], agreed=box["value"]).status_code == 303
    assert world.in_force.content.version == 2


def test_two_who_patch_one_field_are_told(app: Flask, writer: PageClient, world: Ports, postcard: str) -> None:
    path = f"/admin/write/live/puzzles/{postcard}"
    form = parsed(writer.get(f"{path}?field=Title").text).select("form.write-form input[type=hidden]")
    stale = {box["name"]: box.get("value", "") for box in form if box["name"] != "csrf_token"}
    patch(writer, postcard, "Title", Title="First")
    reply = writer.send_form(path, stale | {"Title": "Second"})
    assert (reply.status_code, title(world)) == (409, "First")


def test_where_the_hunt_is_written_here_there_is_nothing_to_patch(
    writer: PageClient, world: Ports, postcard: str
) -> None:
    begin_with(writer, "version")
    from app.content.sources.site import read_site

    source = read_site(world.database)
    restock(world.for_content, world.hasher, source, "ada")
    hunt_path = f"/admin/write/live/puzzles/{postcard}"
    assert writer.get(hunt_path).status_code == 200  # the same content made no version
    with world.database.writing() as connection:
        connection.exec_driver_sql("UPDATE content_versions SET source = 'the site’s draft'")
    assert writer.get(hunt_path).location == f"/admin/write/puzzles/{postcard}"


def test_the_sites_own_tables_take_no_patches(writer: PageClient, world: Ports, postcard: str) -> None:
    from app.content.sources.site import read_site

    begin_with(writer, "version")
    patch(writer, postcard, "Title", Title="Ours")
    found = prepare(world.for_content, world.hasher, read_site(world.database))
    assert found.own.puzzle("postcard").title != "Ours"  # type: ignore[union-attr]


def test_patches_from_the_command_line(
    app: Flask, writer: PageClient, world: Ports, postcard: str, tmp_path: Path
) -> None:
    assert "No patches." in hunt(app, "patches")
    before = title(world)
    patch(writer, postcard, "Title", Title="Ours")
    assert f"“Ours”; the source says “{before}” (quill)" in hunt(app, "patches")
    changed = tmp_path / "hunt.json"
    changed.write_text(demo(Title="Theirs"))
    assert "the source says “Theirs” now" in hunt(app, "restock", "--from", str(changed), code=1)
    assert "the source says “Theirs” now" in hunt(app, "check", str(changed), code=1)
    assert "! " in hunt(app, "patches")
    number = read_patches(world.database)[0].id
    assert "Patch dropped. Version 3 is in force." in hunt(app, "patches", "--drop", str(number))
    assert title(world) == "Theirs"
    assert "There is no such patch." in hunt(app, "patches", "--drop", "999", code=1)
