"""Restocks from the pages: checked, shown with all they change, and put live by somebody who has seen that."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from app.content import restock_job
from app.content.restock import restock
from app.content.restock_job import order_upload, start_restock
from app.content.sources.json_file import read_text
from app.database import snapshots
from app.database.schema import Solve
from app.ports import Ports
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.demo_hunt import world as world
from tests.support.demo_hunt import writer as writer
from tests.support.organisers import add_account, audited, enter
from tests.support.pages import parsed
from tests.support.restocks import bring, demo, fields_below, finished, put_live, staged_page, upload

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""


# --- restocking ------------------------------------------------------------------------------------------------------


def test_an_upload_without_fault_comes_into_play_and_is_audited(writer: PageClient, world: Ports) -> None:
    reply = upload(writer, json.dumps(demo(Title="A new name")).encode())
    assert finished(world) == "checked"
    assert (reply.status_code, reply.location) == (303, staged_page(world))
    page = writer.get(reply.location).text
    assert "Put this live?" in page
    assert "“<bdi>A new name</bdi>”: Title" in page
    assert "Teams lose nothing." in page
    assert "Waiting to go live" in writer.get("/admin/content").text
    assert world.in_force.content.version == 1
    assert put_live(writer, world).status_code == 303
    page = writer.get("/admin/content").text
    assert "Live as version 2." in page
    assert "Waiting to go live" not in page
    assert world.in_force.content.version == 2
    assert [line for line in audited(world) if line[0] == "quill"] == [
        ("quill", "start restock", "upload: hunt.json"),
        ("quill", "restock", "2"),
    ]


def test_an_upload_with_faults_changes_nothing_and_names_each(writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Title="", Prereq=["recNowhere"])).encode())
    assert finished(world) == "refused"
    for path in ("/admin/content", staged_page(world)):
        page = writer.get(path).text
        assert "recNowhere" in page
        assert "Prereq" in page
    assert "<title>Error: Not ready to go live" in page
    assert "Put live" not in page
    assert world.in_force.content.version == 1


def test_the_same_content_again_makes_no_version(writer: PageClient, world: Ports) -> None:
    assert writer.send_form("/admin/content/restock", {"source": "file"}).status_code == 303
    assert finished(world) == "unchanged"
    assert "the content file is the same as version 1" in writer.get(staged_page(world)).text
    assert "No differences." in writer.get("/admin/content").text


@pytest.mark.parametrize(
    "body", [b"\xff\xfe nonsense", b"[1, 2", b"null", b'{"format": 1}', b"[" * 100_000, HOSTILE.encode(), b"NaN"]
)
def test_a_file_that_is_no_hunt_is_refused_in_words(writer: PageClient, world: Ports, body: bytes) -> None:
    assert upload(writer, body, f"{HOSTILE}.json").status_code == 303
    assert finished(world) == "failed"
    for path in ("/admin/content", staged_page(world)):
        page = writer.get(path).text
        assert "Nothing was changed" in page or "couldn’t be checked" in page
        assert "<script>alert" not in page
    assert world.in_force.content.version == 1


def test_a_restock_without_a_file_or_with_an_unknown_source_is_refused(writer: PageClient) -> None:
    assert writer.send_form("/admin/content/upload").status_code == 400
    assert writer.send_form("/admin/content/restock", {"source": "airtable"}).status_code == 400
    assert writer.send_form("/admin/content/restock", {"source": "/etc/passwd"}).status_code == 400


def test_a_file_of_eight_megabytes_is_taken_and_a_larger_one_is_not(writer: PageClient, world: Ports) -> None:
    padded = json.dumps(demo(Title="Padded")).encode()
    padded += b" " * (8 * 1024 * 1024 - len(padded))
    assert upload(writer, padded).status_code == 303
    assert finished(world) == "checked"
    assert upload(writer, padded + b" " * 70_000).status_code == 413


def test_nobody_but_those_admitted_may_send_megabytes(app: Flask, world: Ports) -> None:
    body = b" " * 300_000
    for client in (enter(app, "owls", "team"), enter(app, "aide", "helper")):
        assert upload(client, body).status_code == 403
    # Nothing is read of it: the visitor is led to the login.
    assert upload(app.test_client(), body).status_code == 303  # type: ignore[arg-type]


def test_one_restock_runs_at_a_time(writer: PageClient, world: Ports) -> None:
    gate = threading.Event()
    order = order_upload(b"null", "slow.json", "another", "")

    def fetch() -> Any:
        gate.wait(60)
        return order.fetch()

    start_restock(world.for_content, world.hasher, type(order)("a slow source", fetch, "another", ""))
    assert "is restocking from a slow source" in writer.get("/admin/content").text
    page = writer.get(staged_page(world)).text
    assert "a slow source" in page
    assert "Checking …" in page
    told = {"state": "running", "step": "reading the source", "done": 0, "total": 0}
    assert writer.get("/admin/content/progress").get_json() == told
    assert "data-bar" in page
    writer.send_form("/admin/content/restock", {"source": "file"})
    assert "Another restock is running" in writer.get("/admin/content").text
    gate.set()
    assert finished(world) == "failed"


def test_the_pictures_of_a_restock_are_counted_for_the_bar(writer: PageClient, world: Ports, clock: FixedClock) -> None:
    run = restock_job.Run("running", "ghost", "a file", clock.now())
    tell = restock_job._progress(world.database, world.clock, run)
    for done in (1, 2, 3):
        tell(done, 7)
        clock.advance(2)
    told = {"state": "running", "step": "fetching pictures: 3 of 7", "done": 3, "total": 7}
    assert writer.get("/admin/content/progress").get_json() == told


def test_a_restock_whose_process_died_does_not_block_the_next(
    writer: PageClient, world: Ports, clock: FixedClock
) -> None:
    run = restock_job.Run("running", "ghost", "a file", clock.now(), step="reading the source")
    with snapshots.building(world.database, restock_job.NAME) as building:
        building.keep(clock.now(), restock_job._written(run))
    clock.advance(301)
    assert "gone silent" in writer.get("/admin/content").text
    writer.send_form("/admin/content/restock", {"source": "file"})
    assert finished(world) == "unchanged"


def test_a_restock_that_was_silent_for_too_long_does_not_speak_for_the_next(
    writer: PageClient, world: Ports, clock: FixedClock
) -> None:
    gate, order = threading.Event(), order_upload(b"null", "slow.json", "another", "")

    def fetch() -> Any:
        gate.wait(60)
        return order.fetch()

    start_restock(world.for_content, world.hasher, type(order)("a slow source", fetch, "another", ""))
    slow = next(one for one in threading.enumerate() if one.name == "restock")
    clock.advance(301)
    writer.send_form("/admin/content/restock", {"source": "file"})
    assert finished(world) == "unchanged"
    gate.set()
    slow.join(60)
    assert finished(world) == "unchanged"


# --- two steps -------------------------------------------------------------------------------------------------------


def without_postcard() -> bytes:
    whole = demo()
    number = next(row["id"] for row in whole["tables"]["Puzzles"] if row["fields"].get("Slug") == "postcard")
    whole["tables"]["Puzzles"] = [row for row in whole["tables"]["Puzzles"] if row["id"] != number]
    for table in whole["tables"].values():
        for row in table:
            for name, value in list(row["fields"].items()):
                if isinstance(value, list) and number in value:
                    row["fields"][name] = [one for one in value if one != number]
    return json.dumps(whole).encode()


def test_what_teams_would_lose_stands_above_the_button(writer: PageClient, world: Ports) -> None:
    add_account(world, "owls", division="teams")
    upload(writer, without_postcard())
    assert finished(world) == "checked"
    page = writer.get(staged_page(world)).text
    assert "What teams lose" in page
    assert "This puzzle goes: 1 team can see it now." in page
    assert "for 1 team at once" in page
    unticked = fields_below(page, staged_page(world)) | {"agreed": ""}
    assert writer.send_form(staged_page(world), unticked).status_code == 409
    assert world.in_force.content.version == 1
    assert put_live(writer, world).status_code == 303
    assert world.in_force.content.puzzle("postcard") is None


def test_what_teams_would_lose_since_is_shown_before_it_is_taken(writer: PageClient, world: Ports) -> None:
    upload(writer, without_postcard())
    assert finished(world) == "checked"
    path = staged_page(world)
    fields = fields_below(writer.get(path).text, path)
    add_account(world, "owls", division="teams")
    refused = writer.send_form(path, fields)
    assert refused.status_code == 409
    assert "Teams would lose something that you haven’t agreed to." in refused.text
    assert "This puzzle goes: 1 team can see it now." in refused.text
    assert world.in_force.content.version == 1
    assert put_live(writer, world).status_code == 303


def test_what_was_checked_is_shown_against_the_version_that_went_live_since(writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Title="A new name")).encode())
    assert finished(world) == "checked"
    path = staged_page(world)
    fields = fields_below(writer.get(path).text, path)
    restock(world.for_content, world.hasher, read_text(json.dumps(demo(Value=77)), "else.json"), "another")
    refused = writer.send_form(path, fields)
    assert refused.status_code == 409
    assert "Another version went live while you were reading." in refused.text
    assert "It was checked against version 1, and version 2 has gone live since." in refused.text
    assert "“<bdi>A new name</bdi>”: Title, Value" in refused.text
    assert world.in_force.content.version == 2
    assert put_live(writer, world).status_code == 303
    assert world.in_force.content.version == 3


def test_what_waits_can_be_discarded_and_goes_live_once(app: Flask, writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Title="A new name")).encode())
    assert finished(world) == "checked"
    path = staged_page(world)
    fields = fields_below(writer.get(path).text, path)
    assert writer.send_form("/admin/content/staged/another", fields).status_code == 409
    assert writer.send_form(path, fields).status_code == 303
    second = enter(app, "nib", "writer").send_form(path, fields)
    assert second.status_code == 409
    assert "quill has already put this live, as version 2." in second.text
    assert writer.send_form(f"{path}/discard").status_code == 404
    assert writer.get(path).location == "/admin/content"
    upload(writer, json.dumps(demo(Title="Another name")).encode())
    assert finished(world) == "checked"
    assert writer.send_form(f"{staged_page(world)}/discard").status_code == 303
    assert "Discarded." in writer.get("/admin/content").text
    assert writer.get(staged_page(world)).status_code == 404
    assert world.in_force.content.version == 2


def test_two_who_press_the_button_at_once_make_one_version(app: Flask, writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Title="A new name")).encode())
    assert finished(world) == "checked"
    path = staged_page(world)
    fields = fields_below(writer.get(path).text, path)
    clients = [writer, enter(app, "nib", "writer")]
    tokens = [client.token() for client in clients]
    gate, codes = threading.Barrier(2), []

    def press(client: PageClient, token: str) -> None:
        gate.wait(60)
        codes.append(client.post(path, data=fields | {"csrf_token": token}).status_code)

    pressing = [threading.Thread(target=press, args=pair) for pair in zip(clients, tokens, strict=True)]
    for one in pressing:
        one.start()
    for one in pressing:
        one.join(30)
    assert sorted(codes) == [303, 409]
    assert world.in_force.content.version == 2


def test_several_wait_side_by_side_and_expire(writer: PageClient, world: Ports, clock: FixedClock) -> None:
    paths = []
    for title in ("One", "Two"):
        upload(writer, json.dumps(demo(Title=title)).encode(), f"{title}.json")
        assert finished(world) == "checked"
        paths.append(staged_page(world))
        clock.advance(3600)
    page = writer.get("/admin/content").text
    assert page.index(paths[1]) < page.index(paths[0])
    assert "“<bdi>One</bdi>”: Title" in writer.get(paths[0]).text
    clock.advance(timedelta(hours=22).total_seconds())
    assert [writer.get(path).status_code for path in paths] == [404, 200]
    assert paths[0] not in writer.get("/admin/content").text


def test_a_solved_puzzle_that_disappears_is_named_with_its_solves(writer: PageClient, world: Ports) -> None:
    team, puzzle = add_account(world, "owls", division="teams"), world.in_force.content.puzzle("postcard")
    assert puzzle is not None
    with world.database.writing() as connection:
        row = {"team_id": team, "puzzle_id": puzzle.id, "solved_at": world.clock.now(), "points": 1, "is_late": False}
        connection.execute(insert(Solve).values(**row))
    upload(writer, without_postcard())
    assert finished(world) == "checked"
    found = parsed(writer.get(staged_page(world)).text).select_one(".note-bad ul")
    assert found is not None
    assert found.get_text() == f"{puzzle.title} (solved by 1 team)"


def test_a_changed_puzzle_says_how_many_teams_are_working_on_it(writer: PageClient, world: Ports) -> None:
    add_account(world, "owls", division="teams")
    upload(writer, json.dumps(demo(Description="Other words")).encode())
    assert finished(world) == "checked"
    page = writer.get(staged_page(world)).text
    assert "1 team is working on it" in page


def test_a_roll_back_that_takes_away_is_agreed_to_on_its_page(writer: PageClient, world: Ports) -> None:
    bring(writer, world, without_postcard())
    bring(writer, world, json.dumps(demo()).encode())
    add_account(world, "owls", division="teams")
    assert writer.send_form("/admin/content/2/rollback").status_code == 409
    asked = writer.get("/admin/content/2/rollback")
    assert "This puzzle goes: 1 team can see it now." in asked.text
    fields = fields_below(asked.text, "/admin/content/2/rollback")
    assert writer.send_form("/admin/content/2/rollback", fields | {"base": "1"}).status_code == 409
    assert writer.send_form("/admin/content/2/rollback", fields).status_code == 303
    assert world.in_force.content.version == 2
