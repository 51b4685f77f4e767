"""Content from the pages: restocks, uploads, comparisons, roll-backs, previews, and test-solves without a trace."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from flask import Flask

from app.content.restock_job import latest_run, order_upload, start_restock
from app.ports import Ports
from app.settings.service import change_settings
from tests.demo.answers import ANSWERS
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT
from tests.support.hunts import begin
from tests.support.organisers import add_account, audited, enter
from tests.support.pages import parsed

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> Ports:
    return begin(app, clock)


@pytest.fixture
def writer(app: Flask, world: Ports) -> PageClient:
    return enter(app, "quill", "writer")


def demo(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(DEMO_HUNT.read_text())
    for row in whole["tables"]["Puzzles"]:
        if row["fields"].get("Slug") == "postcard":
            row["fields"].update(changes)
    return whole


def upload(client: PageClient, body: bytes, name: str = "hunt.json") -> Any:
    reply = client.send_form("/admin/content/upload", {"file": (io.BytesIO(body), name)})
    # The test client writes a large form into a file of its own and leaves it open.
    reply.request.environ["wsgi.input"].close()
    return reply


def put_live(client: PageClient) -> Any:
    """Press the button below what was checked."""
    form = parsed(client.get("/admin/content").text).select_one('form[action="/admin/content/live"]')
    assert form is not None
    fields = {field["name"]: field["value"] for field in form.select("input[name]") if field["name"] != "csrf_token"}
    return client.send_form("/admin/content/live", fields)


def bring(client: PageClient, ports: Ports, body: bytes) -> None:
    """Upload, wait, and put live."""
    upload(client, body)
    assert finished(ports) == "checked"
    assert put_live(client).status_code == 303


def finished(ports: Ports) -> str:
    """Wait for the restock that a page started; what it came to."""
    for _ in range(600):
        run = latest_run(ports.database, ports.clock)
        if run is not None and run.state != "running":
            return run.state
        time.sleep(0.05)
    raise AssertionError("the restock did not end")


def postcard(ports: Ports) -> str:
    puzzle = ports.in_force.content.puzzle("postcard")
    assert puzzle is not None
    return puzzle.id


# --- restocking ------------------------------------------------------------------------------------------------------


def test_an_upload_without_fault_comes_into_play_and_is_audited(writer: PageClient, world: Ports) -> None:
    reply = upload(writer, json.dumps(demo(Title="A new name")).encode())
    assert (reply.status_code, reply.location) == (303, "/admin/content")
    assert finished(world) == "checked"
    page = writer.get("/admin/content").text
    assert "Checked, and not in play yet" in page
    assert "“<bdi>A new name</bdi>”: Title" in page
    assert "It takes nothing from any team." in page
    assert world.in_force.content.version == 1
    assert put_live(writer).status_code == 303
    assert "made version 2" in writer.get("/admin/content").text
    assert world.in_force.content.version == 2
    assert [line for line in audited(world) if line[0] == "quill"] == [
        ("quill", "start restock", "upload: hunt.json"),
        ("quill", "restock", "2"),
    ]


def test_an_upload_with_faults_changes_nothing_and_names_each(writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Title="", Prereq=["recNowhere"])).encode())
    assert finished(world) == "refused"
    page = writer.get("/admin/content").text
    assert "recNowhere" in page
    assert "Prereq" in page
    assert world.in_force.content.version == 1


def test_the_same_content_again_makes_no_version(writer: PageClient, world: Ports) -> None:
    assert writer.send_form("/admin/content/restock", {"source": "file"}).status_code == 303
    assert finished(world) == "unchanged"
    assert "found nothing new" in writer.get("/admin/content").text


@pytest.mark.parametrize(
    "body", [b"\xff\xfe nonsense", b"[1, 2", b"null", b'{"format": 1}', b"[" * 100_000, HOSTILE.encode(), b"NaN"]
)
def test_a_file_that_is_no_hunt_is_refused_in_words(writer: PageClient, world: Ports, body: bytes) -> None:
    assert upload(writer, body, f"{HOSTILE}.json").status_code == 303
    assert finished(world) == "failed"
    page = writer.get("/admin/content").text
    assert "not finished" in page
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
    import threading

    gate = threading.Event()
    order = order_upload(b"null", "slow.json", "another", "")

    def fetch() -> Any:
        gate.wait(20)
        return order.fetch()

    start_restock(world.for_content, world.hasher, type(order)("a slow source", fetch, "another", ""))
    page = writer.get("/admin/content").text
    assert "a slow source" in page
    assert "is under way" in page
    told = {"state": "running", "step": "reading the source", "done": 0, "total": 0}
    assert writer.get("/admin/content/progress").get_json() == told
    assert "data-bar" in page
    writer.send_form("/admin/content/restock", {"source": "file"})
    assert "one at a time" in writer.get("/admin/content").text
    gate.set()
    assert finished(world) == "failed"


def test_the_pictures_of_a_restock_are_counted_for_the_bar(writer: PageClient, world: Ports, clock: FixedClock) -> None:
    from app.content import restock_job

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
    from app.content import restock_job
    from app.database import snapshots

    run = restock_job.Run("running", "ghost", "a file", clock.now(), step="reading the source")
    with snapshots.building(world.database, restock_job.NAME) as building:
        building.keep(clock.now(), restock_job._written(run))
    clock.advance(301)
    assert "gone silent" in writer.get("/admin/content").text
    writer.send_form("/admin/content/restock", {"source": "file"})
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
    page = writer.get("/admin/content").text
    assert "What teams lose" in page
    assert "This puzzle goes: 1 team can see it now." in page
    assert "for 1 team at once" in page
    assert put_live(writer).status_code == 303
    assert world.in_force.content.puzzle("postcard") is None


def test_what_teams_would_lose_since_is_shown_before_it_is_taken(writer: PageClient, world: Ports) -> None:
    upload(writer, without_postcard())
    assert finished(world) == "checked"
    page = writer.get("/admin/content")
    add_account(world, "owls", division="teams")
    form = parsed(page.text).select_one('form[action="/admin/content/live"]')
    assert form is not None
    fields = {field["name"]: field["value"] for field in form.select("input[name]") if field["name"] != "csrf_token"}
    refused = writer.send_form("/admin/content/live", fields)
    assert refused.status_code == 409
    assert "look at it anew" in refused.text
    assert "This puzzle goes: 1 team can see it now." in refused.text
    assert world.in_force.content.version == 1
    assert put_live(writer).status_code == 303


def test_what_was_checked_is_not_put_live_over_another_version(app: Flask, writer: PageClient, world: Ports) -> None:
    from app.content.restock import restock
    from app.content.sources.json_file import read_text

    upload(writer, json.dumps(demo(Title="A new name")).encode())
    assert finished(world) == "checked"
    restock(
        world.for_content, world.hasher, read_text(json.dumps(demo(Title="Somebody else's")), "else.json"), "another"
    )
    refused = put_live(writer)
    assert refused.status_code == 409
    assert "Another version has come into play since" in refused.text
    assert world.in_force.content.version == 2


def test_what_was_checked_can_be_dropped_and_is_put_live_once(writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Title="A new name")).encode())
    assert finished(world) == "checked"
    assert writer.send_form("/admin/content/live", {"token": "another", "agreed": ""}).status_code == 409
    assert writer.send_form("/admin/content/drop").status_code == 303
    assert "was dropped" in writer.get("/admin/content").text
    assert writer.send_form("/admin/content/live", {"token": "", "agreed": ""}).status_code == 409
    assert world.in_force.content.version == 1


def test_a_roll_back_that_takes_away_is_agreed_to_on_its_page(writer: PageClient, world: Ports) -> None:
    bring(writer, world, without_postcard())
    bring(writer, world, json.dumps(demo()).encode())
    add_account(world, "owls", division="teams")
    assert writer.send_form("/admin/content/2/rollback").status_code == 409
    asked = writer.get("/admin/content/2/rollback")
    assert "This puzzle goes: 1 team can see it now." in asked.text
    form = parsed(asked.text).select_one('form[action="/admin/content/2/rollback"]')
    assert form is not None
    fields = {field["name"]: field["value"] for field in form.select("input[name]") if field["name"] != "csrf_token"}
    assert writer.send_form("/admin/content/2/rollback", fields | {"base": "1"}).status_code == 409
    assert writer.send_form("/admin/content/2/rollback", fields).status_code == 303
    assert world.in_force.content.version == 2


# --- versions --------------------------------------------------------------------------------------------------------


def test_a_roll_back_says_what_changes_before_and_is_audited(writer: PageClient, world: Ports) -> None:
    bring(writer, world, json.dumps(demo(Title="A new name")).encode())
    asked = writer.get("/admin/content/1/rollback")
    assert "Make version 1 current?" in asked.text
    assert "Title" in asked.text
    assert world.in_force.content.version == 2
    assert writer.send_form("/admin/content/1/rollback").status_code == 303
    assert world.in_force.content.version == 1
    assert ("quill", "rollback", "1") in audited(world)


def test_any_two_versions_can_be_compared(writer: PageClient, world: Ports) -> None:
    bring(writer, world, json.dumps(demo(Value=77)).encode())
    assert "Value" in writer.get("/admin/content/compare?old=1&new=2").text
    assert "exactly alike" in writer.get("/admin/content/compare?old=2&new=2").text


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
