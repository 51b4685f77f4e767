"""The organisers' pages about speaking with teams: the hint queue, announcements, broadcasts."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.broadcast.receipts import ReceiptBuffer
from app.hints import requests
from app.ports import Ports
from tests.support.accounts import in_play, rows
from tests.support.client import JSON, PageClient
from tests.support.organisers import add_account, audited, enter

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


@pytest.fixture
def helper(app: Flask, world: Ports) -> PageClient:
    return enter(app, "aide", "helper")


@pytest.fixture
def owls(world: Ports) -> int:
    return add_account(world, "owls")


def page(reply: Any) -> BeautifulSoup:
    return BeautifulSoup(reply.text, "html5lib")


def ask(world: Ports, team: int, words: str = "Where do we begin?", key: str = "one") -> int:
    puzzle = world.in_force.content.puzzle(key)
    assert puzzle is not None
    return int(requests.ask(world.for_hunt, team, puzzle, words)["request"]["id"])


# --- the hint queue --------------------------------------------------------------------------------------------------


def test_the_longest_waiting_is_first_and_says_who_works_on_it(helper: PageClient, world: Ports, owls: int) -> None:
    first, second = ask(world, owls), ask(world, add_account(world, "bats"))
    helper.send_form(f"/admin/hints/{second}/claim")
    listed = page(helper.get("/admin/hints"))
    assert [link["href"] for link in listed.select("tbody a")] == [f"/admin/hints/{first}", f"/admin/hints/{second}"]
    assert [row.select("td")[2].get_text() for row in listed.select("tbody tr")] == ["nobody yet", "yours"]


def test_a_helper_claims_answers_and_writes_on(helper: PageClient, world: Ports, owls: int) -> None:
    number = ask(world, owls, HOSTILE)
    assert HOSTILE in page(helper.get(f"/admin/hints/{number}")).get_text()
    for path, form in (
        ("claim", {}),
        ("answer", {"text": "Look at the clocks."}),
        ("answer", {"text": "All of them.", "mode": "follow_up", "seen": 3}),
    ):
        reply = helper.send_form(f"/admin/hints/{number}/{path}", form)
        assert (reply.status_code, reply.location) == (303, f"/admin/hints/{number}")
    thread = [line.get_text() for line in page(helper.get(f"/admin/hints/{number}")).select("ol.thread .as-typed")]
    assert thread == [HOSTILE, "Look at the clocks.", "All of them."]
    assert [action for _, action, _ in audited(world)] == [
        "claim hint request", "answer hint request", "follow up hint request",
    ]  # fmt: skip
    assert "No open requests." in helper.get("/admin/hints").text
    assert "owls" in helper.get("/admin/hints?show=answered").text


def test_what_was_said_before_on_the_puzzle_is_offered(helper: PageClient, world: Ports, owls: int) -> None:
    helper.send_form(f"/admin/hints/{ask(world, owls)}/answer", {"text": "Look at <b>the</b> clocks."})
    number = ask(world, add_account(world, "bats"))
    offered = page(helper.get(f"/admin/hints/{number}")).select_one("ul.thread a")
    box = page(helper.get(str(offered["href"]).partition("#")[0])).select_one("textarea")
    assert box.get_text() == "Look at <b>the</b> clocks."
    assert helper.get(f"/admin/hints/{number}?again=99").status_code == 200


def test_the_second_helper_is_told_and_may_take_over(app: Flask, helper: PageClient, world: Ports, owls: int) -> None:
    other, number = enter(app, "second", "helper"), ask(world, owls)
    helper.send_form(f"/admin/hints/{number}/claim")
    reply = other.send_form(f"/admin/hints/{number}/answer", {"text": "My long words."})
    assert reply.status_code == 409
    assert page(reply).select_one("textarea").get_text() == "My long words."
    assert "The aide is answering" in reply.text
    assert other.send_form(f"/admin/hints/{number}/claim").status_code == 409
    assert other.send_form(f"/admin/hints/{number}/claim", {"take_over": "yes"}).status_code == 303


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001])
def test_an_answer_that_is_none_is_refused_and_kept(helper: PageClient, world: Ports, owls: int, text: str) -> None:
    number = ask(world, owls)
    reply = helper.send_form(f"/admin/hints/{number}/answer", {"text": text})
    assert reply.status_code == 400
    assert page(reply).select_one("[role=alert]")


def test_a_question_is_closed_or_has_nothing_to_refund(helper: PageClient, world: Ports, owls: int) -> None:
    number = ask(world, owls)
    assert helper.send_form(f"/admin/hints/{number}/refund").status_code == 409
    assert helper.send_form(f"/admin/hints/{number}/close").status_code == 303
    assert helper.send_form(f"/admin/hints/{number}/close").status_code == 409


@pytest.mark.parametrize("number", ["0", "99", str(10**30)])
def test_there_is_no_such_question(helper: PageClient, number: str) -> None:
    assert helper.get(f"/admin/hints/{number}").status_code == 404
    for act in ("claim", "answer", "refund", "close"):
        assert helper.send_form(f"/admin/hints/{number}/{act}", {"text": "x"}).status_code == 404


@pytest.mark.parametrize("query", ["show=x", "page=-5", "page=99999999999999999999", "show=%00"])
def test_the_queue_survives_anything(helper: PageClient, query: str) -> None:
    assert helper.get(f"/admin/hints?{query}").status_code == 200


def test_helpers_do_not_announce(helper: PageClient) -> None:
    for path in ("/admin/announcements", "/admin/announcements/new", "/admin/broadcasts"):
        assert helper.get(path).status_code == 403
    assert helper.send_form("/admin/broadcasts", {"kind": "alert", "text": "x", "audience": "all"}).status_code == 403


# --- announcements ---------------------------------------------------------------------------------------------------


def draft(client: PageClient, path: str = "/admin/announcements/new", **typed: str) -> Any:
    form = {"title": "News", "body": "Some *news*.", "kind": "announcement", "audience": "all", "revision": "0"}
    return client.send_form(path, form | typed)


def number_of(reply: Any) -> int:
    assert reply.status_code == 303, reply.text
    return int(reply.location.rpartition("/")[2])


def shown_to(app: Flask, name: str) -> list[str]:
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.login(name)
    return [one["title"] for one in team.get("/announcements", headers=JSON).json["announcements"]]


def test_a_draft_is_seen_by_nobody_until_it_is_published(
    app: Flask, admin: PageClient, world: Ports, owls: int
) -> None:
    number = number_of(draft(admin))
    assert shown_to(app, "owls") == []
    seen = admin.get(f"/admin/announcements/{number}")
    assert "1 team" in seen.text
    assert page(seen).select_one(".written em").get_text() == "news"
    assert admin.send_form(f"/admin/announcements/{number}/publish", {"revision": "0"}).status_code == 303
    assert shown_to(app, "owls") == ["News"]
    assert rows(world, "SELECT kind, audience FROM broadcasts") == [("announcement", "all")]
    assert [action for _, action, _ in audited(world)] == [
        "announcement.draft", "announcement.publish", "broadcast.announcement",
    ]  # fmt: skip


def test_an_erratum_reaches_those_at_work_on_the_puzzle_and_its_size_is_exact(
    app: Flask, admin: PageClient, world: Ports, owls: int
) -> None:
    from app.guesses.submission import NewGuess, submit

    content, bats = world.in_force.content, add_account(world, "bats")
    submit(world.for_guess, content, NewGuess(bats, content.puzzle("one"), "owl", "", ""))  # type: ignore[arg-type]
    number = number_of(draft(admin, kind="erratum", audience="puzzle", puzzle="recOne"))
    assert page(admin.get(f"/admin/announcements/{number}")).select_one("p strong").get_text() == "1 team"
    admin.send_form(f"/admin/announcements/{number}/publish", {"revision": "0"})
    assert (shown_to(app, "owls"), shown_to(app, "bats")) == (["News"], [])
    assert rows(world, "SELECT audience FROM broadcasts") == [(f"team:{owls}",)]


@pytest.mark.parametrize(
    ("typed", "size"),
    [({"audience": "all"}, 2), ({"audience": "division:quiet"}, 1), ({"audience": "team", "team": "OWLS"}, 1)],
)
def test_the_size_of_every_audience_is_exact(
    admin: PageClient, world: Ports, owls: int, typed: dict[str, str], size: int
) -> None:
    add_account(world, "bats", division="quiet")
    add_account(world, "gone", is_banned=True)
    found = page(admin.get(f"/admin/announcements/{number_of(draft(admin, **typed))}"))
    assert found.select_one("p strong").get_text() == f"{size} team{'' if size == 1 else 's'}"


def test_a_correction_shows_its_revision_and_keeps_the_audience(
    app: Flask, admin: PageClient, world: Ports, owls: int
) -> None:
    number = number_of(draft(admin))
    admin.send_form(f"/admin/announcements/{number}/publish", {"revision": "0"})
    reply = draft(admin, f"/admin/announcements/{number}", title="Better news", audience="division:quiet", revision="1")
    assert reply.status_code == 303
    assert shown_to(app, "owls") == ["Better news"]
    assert "revision 2, edited" in page(admin.get(f"/admin/announcements/{number}")).select_one(".head").get_text()
    assert rows(world, "SELECT count(*) FROM broadcasts") == [(1,)]
    draft(admin, f"/admin/announcements/{number}", title="Best news", revision="2", tell="yes")
    assert rows(world, "SELECT count(*) FROM broadcasts") == [(2,)]


def test_the_second_of_two_writers_is_told_with_both_wordings(app: Flask, admin: PageClient, world: Ports) -> None:
    other, number = enter(app, "second", "admin"), number_of(draft(admin))
    draft(admin, f"/admin/announcements/{number}", title="First words")
    reply = draft(other, f"/admin/announcements/{number}", title="Second words")
    assert reply.status_code == 409
    assert page(reply).select_one("h1").get_text() == "First words"
    assert page(reply).select_one("#title")["value"] == "Second words"
    assert draft(other, f"/admin/announcements/{number}", title="Second words", revision="1").status_code == 303


def test_publishing_what_was_changed_or_published_since_is_a_conflict(admin: PageClient, world: Ports) -> None:
    number = number_of(draft(admin))
    draft(admin, f"/admin/announcements/{number}", title="Changed")
    assert admin.send_form(f"/admin/announcements/{number}/publish", {"revision": "0"}).status_code == 409
    assert admin.send_form(f"/admin/announcements/{number}/publish", {"revision": "1"}).status_code == 303
    assert admin.send_form(f"/admin/announcements/{number}/publish", {"revision": "2"}).status_code == 409
    assert rows(world, "SELECT count(*) FROM broadcasts") == [(1,)]


def test_a_draft_is_thrown_away_and_what_was_published_is_not(admin: PageClient, world: Ports) -> None:
    number, kept = number_of(draft(admin)), number_of(draft(admin, title="Kept"))
    admin.send_form(f"/admin/announcements/{number}/discard", {"revision": "0"})
    admin.send_form(f"/admin/announcements/{kept}/publish", {"revision": "0"})
    admin.send_form(f"/admin/announcements/{kept}/discard", {"revision": "1"})
    assert rows(world, "SELECT title FROM announcements") == [("Kept",)]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\u202eb"}, "title"),
        ({"body": " "}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"kind": "joke"}, "kind"),
        ({"audience": "division:nowhere"}, "audience"),
        ({"audience": "everybody else"}, "audience"),
        ({"audience": "team:999999999999999999"}, "audience"),
        ({"audience": "team", "team": "nobody"}, "team"),
        ({"audience": "team", "team": "\x01"}, "team"),
        ({"audience": "puzzle", "puzzle": "none"}, "puzzle"),
    ],
)
def test_what_cannot_be_announced_is_said_at_its_field(
    admin: PageClient, world: Ports, typed: dict[str, str], field: str
) -> None:
    reply = draft(admin, **typed)
    assert reply.status_code == 400
    assert page(reply).select_one(f"#{field}-error")
    assert rows(world, "SELECT count(*) FROM announcements") == [(0,)]


def test_hostile_markup_is_cleaned(admin: PageClient) -> None:
    number = number_of(draft(admin, title=HOSTILE, body=HOSTILE + '<img src=x onerror="x()">'))
    found = page(admin.get(f"/admin/announcements/{number}"))
    assert found.select_one("h1").get_text() == HOSTILE
    assert not found.select(".written script, .written [onerror]")


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 40, "¹"])
def test_a_revision_that_is_none_is_a_conflict(admin: PageClient, revision: str) -> None:
    number = number_of(draft(admin))
    assert draft(admin, f"/admin/announcements/{number}", revision=revision).status_code == 409


@pytest.mark.parametrize("number", ["0", "99", str(10**30)])
def test_there_is_no_such_announcement(admin: PageClient, number: str) -> None:
    assert admin.get(f"/admin/announcements/{number}").status_code == 404
    assert draft(admin, f"/admin/announcements/{number}").status_code == 404
    assert admin.send_form(f"/admin/announcements/{number}/publish", {"revision": "0"}).status_code == 404


# --- broadcasts ------------------------------------------------------------------------------------------------------


def test_a_broadcast_is_reviewed_with_its_size_and_sent_once(admin: PageClient, world: Ports, owls: int) -> None:
    typed = {"kind": "alert", "text": f"Lunch!\n{HOSTILE}", "audience": "division:open"}
    review = admin.send_form("/admin/broadcasts/review", typed)
    assert review.status_code == 200
    assert page(review).select_one("section strong").get_text() == "1 team"
    assert rows(world, "SELECT count(*) FROM broadcasts") == [(0,)]
    boxes = page(review).select('form[action="/admin/broadcasts"] input[type=hidden]')
    form = {str(box["name"]): str(box["value"]) for box in boxes}
    places = {admin.send_form("/admin/broadcasts", form).location for _ in range(2)}
    assert len(places) == 1
    assert rows(world, "SELECT kind, audience FROM broadcasts") == [("alert", "division:open")]
    assert HOSTILE in page(admin.get(places.pop())).get_text()
    assert audited(world) == [("keeper", "broadcast.alert", "1")]


def test_receipts_tell_who_has_not_seen_it_and_it_is_sent_to_them_again(
    admin: PageClient, world: Ports, owls: int
) -> None:
    bats = add_account(world, "bats")
    admin.send_form("/admin/broadcasts", {"kind": "alert", "text": "Lunch!", "audience": "all"})
    receipts = ReceiptBuffer(world.database, world.clock)
    receipts.add(1, owls)
    receipts.write()
    found = page(admin.get("/admin/broadcasts/1"))
    assert [row.select_one("th").get_text() for row in found.select("tbody tr")] == ["The bats", "The owls"]
    assert found.select("tbody td")[0].get_text() == "not yet"
    assert admin.send_form("/admin/broadcasts/1/resend").status_code == 303
    assert rows(world, "SELECT audience FROM broadcasts ORDER BY id") == [("all",), (f"team:{bats}",)]
    assert "1 of 2" in admin.get("/admin/messages").text


def test_a_refresh_needs_no_words(admin: PageClient, world: Ports) -> None:
    assert admin.send_form("/admin/broadcasts/review", {"kind": "refresh", "audience": "all"}).status_code == 200
    assert admin.send_form("/admin/broadcasts", {"kind": "refresh", "audience": "all"}).status_code == 303
    assert rows(world, "SELECT kind FROM broadcasts") == [("refresh",)]


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "alert", "text": "", "audience": "all"},
        {"kind": "alert", "text": "x" * 2_001, "audience": "all"},
        {"kind": "alert", "text": "a\x07", "audience": "all"},
        {"kind": "alert", "text": "x", "audience": "division:nowhere"},
        {"kind": "alert", "text": "x", "audience": "team", "team": "nobody"},
        {"kind": "alert", "text": "x", "audience": "puzzle"},
        {"kind": "joke", "text": "x", "audience": "all"},
        {},
    ],
)
def test_what_cannot_be_sent_is_refused_at_both_steps(admin: PageClient, world: Ports, typed: dict[str, str]) -> None:
    for path in ("/admin/broadcasts/review", "/admin/broadcasts"):
        reply = admin.send_form(path, typed)
        assert reply.status_code == 400
        assert page(reply).title.get_text().startswith("Error: ")
    assert rows(world, "SELECT count(*) FROM broadcasts") == [(0,)]


@pytest.mark.parametrize("number", ["0", "99", str(10**30)])
def test_there_is_no_such_broadcast(admin: PageClient, number: str) -> None:
    assert admin.get(f"/admin/broadcasts/{number}").status_code == 404
    assert admin.send_form(f"/admin/broadcasts/{number}/resend").status_code == 404
