"""The site's own tables as writers see them: forms, faults, two editors, what depends on what."""

from __future__ import annotations

import io
import json

import pytest
from flask import Flask

from app.content.sources.site import read_site
from app.content.writing import queries
from app.ports import Ports
from tests.content.writing.steps import (
    begin_with,
    delete,
    fields_of,
    form_of,
    form_of_reply,
    id_of,
    new_puzzle,
    save,
    wait_for_check,
)
from tests.support.accounts import rows, set_now
from tests.support.client import JSON, PageClient
from tests.support.organisers import enter
from tests.support.pages import parsed

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""


# --- beginning -------------------------------------------------------------------------------------------------------


def test_an_empty_hunt_has_a_level_to_put_puzzles_into(writer: PageClient, world: Ports) -> None:
    assert "Begin with an empty hunt" in writer.get("/admin/write").text
    assert begin_with(writer).location == "/admin/write"
    assert fields_of(world, "Levels") == {"Title": "Level 1", "Order": 1, "Unlocked": True}
    assert 'value="on" checked' in writer.get("/admin/write/puzzles/new").text


@pytest.mark.parametrize("choice", ["demo", "version"])
def test_the_tables_begin_with_the_demo_or_what_is_in_play(writer: PageClient, world: Ports, choice: str) -> None:
    assert begin_with(writer, choice).status_code == 303
    assert len(read_site(world.database).records("Puzzles")) == 16
    assert "No errors in 16 puzzles" in writer.get("/admin/write/check").text


def test_what_begins_with_the_version_in_play_plays_exactly_like_it(writer: PageClient, world: Ports) -> None:
    from app.content.preparation import prepare

    begin_with(writer, "version")
    assert prepare(world.for_content, world.hasher, read_site(world.database)).is_new is False


def test_an_upload_fills_the_tables_or_nothing_changes(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    broken = json.dumps({"format": 1, "tables": {"Levels": [], "Hints": [], "Puzzles": [
        {"id": "recA", "fields": {"Title": "half \ud800 of it"}}]}})  # fmt: skip
    upload = {"file": (io.BytesIO(broken.encode()), "h.json"), "replace": "yes"}
    reply = begin_with(writer, "upload", **upload)
    reply.request.environ["wsgi.input"].close()
    assert reply.status_code == 400
    assert "half a character" in reply.text
    assert [one.fields["Title"] for one in read_site(world.database).records("Levels")] == ["Level 1"]


def test_what_is_there_is_replaced_only_on_purpose(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    assert begin_with(writer, "demo").status_code == 400
    assert len(read_site(world.database).records("Puzzles")) == 0
    assert begin_with(writer, "demo", replace="yes").status_code == 303
    assert len(read_site(world.database).records("Puzzles")) == 16


# --- records ---------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_as_typed_and_shows_its_faults(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", Value="lots", Slug="The Maze!", ContentText=HOSTILE)
    assert fields_of(world, "Puzzles")["Value"] == "lots"
    assert fields_of(world, "Puzzles")["ContentText"] == HOSTILE
    page = writer.get(path).text
    assert "A whole number is meant here" in page
    assert "A slug has lower-case letters" in page
    assert "No answer can be right yet. Type the answer" in page
    assert form_of(writer, path)["Value"] == "lots"
    assert world.in_force.content.version == 1


def test_an_answer_is_hashed_with_its_signature_and_never_shown_or_kept(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", answer__Solution="Minotaur", answer__Close1="Labyrinth", ContentText="x")
    kept = fields_of(world, "Puzzles")
    assert kept["Solution"].startswith("$2b$")
    assert kept["Near"].startswith("near1$2b$")
    assert kept["Close1"].startswith("$2b$")
    assert "minotaur" not in writer.get(path).text.lower()
    for table in ("site_records", "audit", "log"):
        for row in rows(world, f"SELECT * FROM {table}"):
            assert "minotaur" not in str(row).lower()
            assert "labyrinth" not in str(row).lower()


def test_a_second_answer_replaces_the_first_or_is_added(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", answer__Solution="Minotaur")
    first = fields_of(world, "Puzzles")
    save(writer, path, Title="Maze")
    assert fields_of(world, "Puzzles")["Solution"] == first["Solution"]
    save(writer, path, answer__Solution="Ariadne", keep__Solution="on")
    both = fields_of(world, "Puzzles")
    assert both["Solution"].split("\n")[0] == first["Solution"]
    assert (len(both["Solution"].split("\n")), both["Near"]) == (2, first["Near"])
    save(writer, path, answer__Solution="Theseus")
    replaced = fields_of(world, "Puzzles")
    assert len(replaced["Solution"].split("\n")) == 1
    assert replaced["Near"] != first["Near"]
    save(writer, path, forget__Solution="on")
    assert {"Solution", "Near"} & set(fields_of(world, "Puzzles")) == set()


def test_what_can_be_no_answer_is_said_without_repeating_it_and_the_rest_is_kept(
    writer: PageClient, world: Ports
) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", answer__Solution="good\n" + "x" * 201)
    assert "Solution" not in fields_of(world, "Puzzles")
    page = writer.get(path).text
    assert "Line 2: Answers can have up to 200 characters." in page
    assert "x" * 30 not in page


def test_the_second_of_two_editors_is_told_and_sees_the_difference(
    app: Flask, writer: PageClient, world: Ports
) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", ContentText="Old words", Authors="Ada")
    other = enter(app, "inkwell", "writer")
    mine, theirs = form_of(writer, path), form_of(other, path)
    assert other.send_form(path, theirs | {"ContentText": "Their words", "Authors": "Ben"}).status_code == 303
    reply = writer.send_form(path, mine | {"ContentText": "My words"})
    assert reply.status_code == 409
    assert fields_of(world, "Puzzles")["ContentText"] == "Their words"
    page = parsed(reply.text)
    assert "inkwell saved it" in page.text
    line = page.select_one("table tbody tr")
    assert line is not None
    assert [cell.text for cell in line.select("th, td")] == ["Puzzle", "Their words", "My words"]
    again = form_of_reply(reply.text)
    assert (again["ContentText"], again["Authors"]) == ("My words", "Ben")
    assert writer.send_form(path, again).status_code == 303
    kept = fields_of(world, "Puzzles")
    assert (kept["ContentText"], kept["Authors"]) == ("My words", "Ben")


def test_a_new_record_that_is_sent_twice_is_there_once(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    form = form_of(writer, "/admin/write/puzzles/new") | {"Title": "Maze", "answer.Solution": "Minotaur"}
    first = writer.send_form("/admin/write/puzzles/new", form)
    again = writer.send_form("/admin/write/puzzles/new", form | {"ContentText": "More words"})
    assert (first.status_code, again.status_code, again.location) == (303, 303, first.location)
    assert fields_of(world, "Puzzles")["ContentText"] == "More words"
    form.pop("fresh")
    assert writer.send_form("/admin/write/puzzles/new", form).status_code == 303
    assert len(read_site(world.database).records("Puzzles")) == 2


def test_two_who_put_live_at_once_are_served_one_after_the_other(app: Flask, writer: PageClient, world: Ports) -> None:
    begin_with(writer, "version")
    level = id_of(world, "Levels", next(iter(world.in_force.content.levels)).title)
    save(writer, f"/admin/write/levels/{level}", Description="Changed")
    other = enter(app, "inkwell", "writer")
    staged = [client.send_form("/admin/write/live", {}).location for client in (writer, other)]
    wait_for_check(world)
    pages = [client.get(path).text for client, path in zip((writer, other), staged, strict=True)]
    assert any("Put live" in page for page in pages)
    waiting = rows(world, "SELECT count(*) FROM staged_content")[0][0]
    assert waiting >= 1
    assert world.in_force.content.version == 1


def test_a_record_that_somebody_deleted_meanwhile_can_be_brought_back(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", ContentText="Words")
    mine = form_of(writer, path)
    delete(writer, path)
    reply = writer.send_form(path, mine | {"ContentText": "More words"})
    assert (reply.status_code, "Somebody deleted this" in reply.text) == (409, True)
    assert writer.get(path).status_code == 404
    assert writer.send_form(path, form_of_reply(reply.text)).status_code == 303
    assert fields_of(world, "Puzzles")["ContentText"] == "More words"


def test_deleting_takes_what_depends_on_it_and_says_so_first(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    level = f"/admin/write/levels/{id_of(world, 'Levels')}"
    maze = new_puzzle(writer, world, "Maze").rpartition("/")[2]
    save(writer, f"/admin/write/hints/new?puzzle={maze}", HintText="Look up")
    new_puzzle(writer, world, "Bridge", Prereq=[maze])
    page = writer.get(f"/admin/write/puzzles/{maze}/delete").text
    assert "Hint: <bdi>Look up" in page
    assert "Puzzle: <bdi>Bridge" in page
    delete(writer, f"/admin/write/puzzles/{maze}")
    assert "Prereq" not in fields_of(world, "Puzzles", "Bridge")
    assert len(read_site(world.database).records("Hints")) == 0
    reply = delete(writer, level)
    assert reply.status_code == 303
    assert queries.read_outlines(world.database) == []


def test_nothing_is_deleted_that_was_not_on_the_list(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze")
    form = parsed(writer.get(f"{path}/delete").text).select(f'form[action="{path}/delete"] input[name]')
    sent = {box["name"]: box["value"] for box in form if box["name"] != "csrf_token"}
    save(writer, f"/admin/write/hints/new?puzzle={path.rpartition('/')[2]}", HintText="Look up")
    reply = writer.send_form(f"{path}/delete", sent)
    assert (reply.status_code, "Look up" in reply.text) == (409, True)
    assert len(read_site(world.database).records("Puzzles")) == 1


def test_a_puzzle_is_duplicated_with_its_hints_but_not_its_address(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", Slug="maze", answer__Solution="Minotaur")
    save(writer, f"/admin/write/hints/new?puzzle={path.rpartition('/')[2]}", HintText="Look up")
    reply = writer.send_form(f"{path}/duplicate", {})
    copy = fields_of(world, "Puzzles", "Maze (2)")
    assert "Slug" not in copy
    assert copy["Solution"] == fields_of(world, "Puzzles", "Maze")["Solution"]
    hints = [one.fields["Puzzle"] for one in read_site(world.database).records("Hints")]
    assert sorted(hints) == sorted([[path.rpartition("/")[2]], [reply.location.rpartition("/")[2]]])


def test_places_are_typed_and_kept_for_all_at_once(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    one, two = (new_puzzle(writer, world, title).rpartition("/")[2] for title in ("One", "Two"))
    assert fields_of(world, "Puzzles", "Two")["Order"] == 2
    writer.send_form("/admin/write/puzzles", {f"order.{one}": "5", f"order.{two}": "2", "order.recGone": "1"})
    page = writer.get("/admin/write/Puzzles").text
    assert page.index(">Two<") < page.index(">One<")
    assert fields_of(world, "Puzzles", "One")["Order"] == 5


def test_a_list_is_searched_by_title(writer: PageClient, world: Ports) -> None:
    begin_with(writer, "demo")
    page = writer.get("/admin/write/puzzles?q=postCARD").text
    assert page.count("data-order-line") == 1
    assert "Nothing fits." in writer.get("/admin/write/puzzles?q=%00%ff").text


def test_times_are_typed_in_the_hunts_zone_and_unclear_ones_are_asked_about(writer: PageClient, world: Ports) -> None:
    set_now(world, time_zone="Europe/Berlin")
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", UnlockAt="2027-07-01T18:00")
    assert fields_of(world, "Puzzles")["UnlockAt"] == "2027-07-01T16:00:00Z"
    assert form_of(writer, path)["UnlockAt"] == "2027-07-01T18:00"
    save(writer, path, UnlockAt="2027-03-28T02:30")
    page = writer.get(path).text
    assert "A clock change skips this time." in page
    assert save(writer, path, meant__UnlockAt="2027-03-28T03:30+02:00").status_code == 303
    assert fields_of(world, "Puzzles")["UnlockAt"] == "2027-03-28T01:30:00Z"


def test_a_change_of_the_zone_moves_no_moment_of_an_open_form(writer: PageClient, world: Ports) -> None:
    set_now(world, time_zone="Europe/Berlin")
    begin_with(writer)
    path = new_puzzle(writer, world, "Maze", UnlockAt="2027-07-01T18:00")
    form = form_of(writer, path)
    set_now(world, time_zone="America/New_York")
    writer.send_form(path, form | {"Title": "Maze 2"})
    assert fields_of(world, "Puzzles")["UnlockAt"] == "2027-07-01T16:00:00Z"


def test_a_text_of_a_megabyte_is_kept_and_its_fault_is_shown(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    path = new_puzzle(writer, world, "Long", ContentText="word " * 200_000)
    assert len(fields_of(world, "Puzzles")["ContentText"]) == 1_000_000
    assert "This text has 1000000 characters" in writer.get(path).text


def test_half_a_character_and_unknown_tables_are_refused(writer: PageClient, world: Ports) -> None:
    begin_with(writer)
    assert writer.get("/admin/write/teams").status_code == 404
    reply = writer.post(
        "/admin/write/puzzles/new/check", json={"Title": "\ud800"}, headers={**JSON, "X-CSRFToken": writer.token()}
    )
    assert reply.status_code == 400


def test_only_writers_and_admins_come_here(app: Flask, world: Ports) -> None:
    for role in ("helper", "team"):
        client = enter(app, f"some {role}", role)
        assert client.get("/admin/write").status_code == 403
        assert client.send_form("/admin/write/puzzles/new", {"Title": "Mine"}).status_code == 403
