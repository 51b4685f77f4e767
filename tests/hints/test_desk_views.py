"""The hint desk in the organisers' pages: everything in sight, filters, what is kept when it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.accounts import roles
from app.core.model import NearAnswer
from app.hints import requests
from app.ports import Ports
from tests.support.accounts import ids, rows
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.organisers import add_account, audited, enter
from tests.support.powers import power_app, power_content
from tests.support.world import hashed


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> Ports:
    ports = power_app(app, clock)
    one, two, *others = power_content().puzzles
    one = replace(
        one, authors="Quill & Ben", body_html="<p>Look at the tree.</p>", solution_html="<p>It is an <b>owl</b>.</p>",
        close=(NearAnswer(hashed("crow"), "<p>Another bird.</p>"),), success_html="<p>Hoot!</p>",
    )  # fmt: skip
    ports.in_force.put(power_content(puzzles=(one, replace(two, authors="Ben"), *others)))
    return ports


@pytest.fixture
def helper(app: Flask, world: Ports) -> PageClient:
    return enter(app, "aide", "helper")


@pytest.fixture
def owls(app: Flask, world: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    return client


def ask(team: PageClient, question: str = "We are stuck.", puzzle: str = "one") -> int:
    reply = team.send_json(f"/game/puzzle/{puzzle}/hints/ask", {"question": question})
    return int(reply.json["request"]["id"])


def page(reply: Any) -> BeautifulSoup:
    return BeautifulSoup(reply.text, "html5lib")


def listed(client: PageClient, query: str = "") -> list[str]:
    return [str(link["href"]) for link in page(client.get(f"/admin/hints?{query}")).select("#desk-list tbody a")]


def test_everything_about_a_question_stands_on_one_page(
    helper: PageClient, owls: PageClient, clock: FixedClock
) -> None:
    clock.advance(600)
    for text in ("crow", "duck"):
        owls.guess("one", text)
    shown = page(helper.get(f"/admin/hints/{ask(owls)}"))
    text = " ".join(shown.get_text(" ").split())
    for words in (
        "Look at the tree.", "It is an owl", "Hoot!", "Another bird.", "It flies.", "At night.", "Three letters.",
        "Minutes since it opened 10", "Rank 1", "Guesses on it 2", "Hints taken 0", "By Quill & Ben", "We are stuck.",
    ):  # fmt: skip
        assert words in text, words
    assert [row.get_text(" ").split()[:2] for row in shown.select("#desk-guesses tbody tr")] == [
        ["duck", "wrong"], ["crow", "close"],
    ]  # fmt: skip
    folded = next(one for one in shown.select("details") if "Look at the tree." in one.get_text())
    assert not folded.has_attr("open")


def test_a_question_is_answered_with_a_prepared_hint_in_two_taps(
    helper: PageClient, owls: PageClient, world: Ports
) -> None:
    number = ask(owls)
    shown = page(helper.get(listed(helper)[0]))
    form = next(one for one in shown.select("form") if str(one["action"]).endswith("/send"))
    hint = str(form.select_one("[name=hint]")["value"])
    assert helper.send_form(str(form["action"]), {"hint": hint}).status_code == 303
    assert rows(world, "SELECT id, state FROM hint_requests") == [(number, "answered")]
    seen = page(owls.get("/game/puzzle/one"))
    assert "It flies." in seen.select_one("#hints .thread").get_text()
    assert "It flies." in seen.select_one("#hint-1").get_text()
    assert helper.send_form(str(form["action"]), {"hint": hint}).status_code == 409
    assert helper.send_form(str(form["action"]), {"hint": "recNone"}).status_code in (404, 409)


def test_links_are_links_in_both_directions(helper: PageClient, owls: PageClient) -> None:
    number = ask(owls, "See https://sheet.example/a?x=1&y=2. javascript:alert(1)")
    (link,) = page(helper.get(f"/admin/hints/{number}")).select("#desk-thread a")
    assert (link["href"], link["rel"]) == ("https://sheet.example/a?x=1&y=2", ["noopener", "nofollow"])
    helper.send_form(f"/admin/hints/{number}/answer", {"text": "Read http://birds.example/owls!"})
    found = page(owls.get("/game/puzzle/one")).select("#hints .thread a")
    assert [one["href"] for one in found] == ["https://sheet.example/a?x=1&y=2", "http://birds.example/owls"]


def test_a_solve_while_an_answer_is_typed_refuses_it_and_keeps_the_words(
    helper: PageClient, owls: PageClient, world: Ports
) -> None:
    number = ask(owls)
    helper.send_form(f"/admin/hints/{number}/claim")
    owls.guess("one", "owl")
    reply = helper.send_form(f"/admin/hints/{number}/answer", {"text": "My long words.", "mode": "answer"})
    shown = page(reply)
    assert (reply.status_code, shown.select_one("textarea").get_text()) == (409, "My long words.")
    assert "solved the puzzle meanwhile" in shown.select_one("[role=alert]").get_text()
    assert rows(world, "SELECT count(*) FROM hint_messages") == [(1,)]
    form = shown.select_one("[data-desk-answer]")
    again = {one["name"]: one["value"] for one in form.select("input[type=hidden]")} | {"text": "My long words."}
    assert helper.send_form(str(form["action"]), again).status_code == 303
    assert rows(world, "SELECT count(*) FROM hint_messages") == [(2,)]
    assert listed(helper, "show=solved") == [f"/admin/hints/{number}"]


def test_an_answer_that_another_was_faster_with_is_refused_and_kept(
    app: Flask, helper: PageClient, owls: PageClient, world: Ports
) -> None:
    number, other = ask(owls), enter(app, "second", "helper")
    assert other.send_form(f"/admin/hints/{number}/answer", {"text": "Left."}).status_code == 303
    reply = helper.send_form(f"/admin/hints/{number}/answer", {"text": "Right."})
    assert (reply.status_code, page(reply).select_one("textarea").get_text()) == (409, "Right.")
    assert rows(world, "SELECT count(*) FROM hint_messages WHERE is_staff") == [(1,)]


def test_a_role_that_is_taken_away_while_the_page_is_open_answers_nothing(
    helper: PageClient, owls: PageClient, world: Ports
) -> None:
    number = ask(owls)
    assert helper.get(f"/admin/hints/{number}").status_code == 200
    roles.set_roles(world.database, world.clock, world.broadcaster, ids(world)["aide"], (), "test")
    for act, form in (("claim", {}), ("answer", {"text": "Left."}), ("send", {"hint": "recH1"}), ("close", {})):
        assert helper.send_form(f"/admin/hints/{number}/{act}", form).status_code == 403, act
    assert rows(world, "SELECT state FROM hint_requests") == [("open",)]


def test_the_list_is_filtered_and_paged(app: Flask, helper: PageClient, owls: PageClient, world: Ports) -> None:
    first, second = (f"/admin/hints/{ask(owls, puzzle=puzzle)}" for puzzle in ("one", "two"))
    helper.send_form(f"{second}/claim")
    assert listed(helper) == [first, second]
    assert listed(helper, "mine=yes") == [second]
    assert listed(helper, "show=claimed") == [second]
    assert listed(helper, "show=open") == [first]
    assert listed(helper, "author=quill") == [first]
    assert listed(helper, "author=Ben&puzzle=two") == [second]
    assert listed(helper, "author=nobody") == []
    assert "yours" in helper.get("/admin/hints").text
    assert "claimed by" in enter(app, "second", "helper").get("/admin/hints").text


def test_a_writers_filter_widens_nothing(app: Flask, owls: PageClient, world: Ports) -> None:
    quill = enter(app, "quill", "writer")
    own, other = (f"/admin/hints/{ask(owls, puzzle=puzzle)}" for puzzle in ("one", "two"))
    assert [listed(quill, query) for query in ("", "author=Ben", "puzzle=two", "author=quill")] == [
        [own], [own], [], [own],
    ]  # fmt: skip
    assert quill.get(other).status_code == 404
    assert quill.send_form(f"{other}/send", {"hint": "recH4"}).status_code == 404


def test_a_writer_chooses_to_be_told_of_own_puzzles_only(app: Flask, world: Ports, helper: PageClient) -> None:
    add_account(world, "quill", "writer", display_name="Quill", roles="helper writer")
    quill: PageClient = app.test_client()  # type: ignore[assignment]
    quill.login("quill")
    assert page(quill.get("/admin/hints")).body["data-desk"] == "*"
    assert page(quill.get("/admin/hints")).select_one("a[href='/account#notices']")
    assert quill.send_form("/account/notices", {"about": "mine"}).headers["Location"] == "/account#notices"
    shown = page(quill.get("/account"))
    assert shown.body["data-desk"] == "one"
    assert shown.select_one("[name=about][value=mine]").has_attr("checked")
    assert quill.send_form("/account/notices", {"about": "all"}).status_code == 303
    assert page(quill.get("/admin/hints")).body["data-desk"] == "*"
    assert page(helper.get("/admin/hints")).body["data-desk"] == "*"
    assert [action for _, action, _ in audited(world)] == ["team.notices", "team.notices"]


def test_teams_and_visitors_learn_nothing_of_the_desk(app: Flask, owls: PageClient) -> None:
    assert "data-desk" not in owls.get("/game").text
    assert "data-desk" not in app.test_client().get("/").text


def test_the_dashboard_tells_the_age_of_the_oldest_question(
    app: Flask, owls: PageClient, clock: FixedClock
) -> None:  # fmt: skip
    keeper = enter(app, "keeper", "admin")
    assert "the oldest for" not in keeper.get("/admin/").text
    ask(owls)
    owls.send_json("/game/puzzle/one/report", {"problem": "A typo."})
    clock.advance(25 * 60)
    shown = " ".join(page(keeper.get("/admin/")).get_text(" ").split())
    assert "the oldest for 25 min" in shown
    assert "Reported problems 1" in shown


# --- reported problems -----------------------------------------------------------------------------------------------


def test_a_report_goes_the_whole_way(helper: PageClient, owls: PageClient) -> None:
    reply = owls.send_form("/game/puzzle/one/report", {"problem": "See https://sheet.example/3."})
    assert (reply.status_code, reply.location) == (303, "/game/puzzle/one#report")
    again = owls.send_form("/game/puzzle/one/report", {"problem": "Again."})
    assert again.status_code == 409
    assert "Waiting for a reply" in page(owls.get("/game/puzzle/one")).select_one("#report h3").get_text()
    form = page(helper.get("/admin/problems")).select_one("#desk-list form")
    sent = {"before": "open", "state": "correct", "note": "Count http://birds.example/again"}
    assert helper.send_form(str(form["action"]), sent).status_code == 303
    refused = helper.send_form(str(form["action"]), sent | {"state": "erratum", "note": "My words."})
    assert refused.status_code == 409
    assert "My words." in refused.text
    report = page(owls.get("/game/puzzle/one")).select_one("#report")
    assert "Correct as written" in report.get_text()
    assert [one["href"] for one in report.select("a")] == ["https://sheet.example/3", "http://birds.example/again"]
    assert report.select_one("textarea[name=problem]")
    changed = sent | {"before": "correct", "state": "erratum"}
    assert helper.send_form(str(form["action"]), changed).status_code == 303
    assert "Erratum published" in page(owls.get("/game/puzzle/one")).select_one("#report").get_text()


def test_a_report_without_words_is_refused_beside_its_form(owls: PageClient) -> None:
    reply = owls.send_form("/game/puzzle/one/report", {"problem": "x" * 2001})
    assert reply.status_code == 400
    assert page(reply).select_one("#report textarea").get_text().startswith("xxx")
    refused = owls.send_json("/game/puzzle/one/report", {"problem": " "})
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "invalid_form")
    assert list(refused.json["error"]["fields"]) == ["problem"]


def test_a_writer_settles_reports_about_own_puzzles_alone(app: Flask, owls: PageClient, world: Ports) -> None:
    quill = enter(app, "quill", "writer")
    numbers = [
        owls.send_json(f"/game/puzzle/{key}/report", {"problem": "A typo."}).json["report"]["id"]
        for key in ("one", "two")
    ]
    forms = page(quill.get("/admin/problems")).select("#desk-list form")
    assert [form["action"] for form in forms] == [f"/admin/problems/{numbers[0]}/settle"]
    codes = [
        quill.send_form(f"/admin/problems/{number}/settle", {"state": "erratum"}).status_code for number in numbers
    ]
    assert codes == [303, 404]
    assert rows(world, "SELECT state FROM problem_reports ORDER BY id") == [("erratum",), ("open",)]


def test_five_hundred_questions_are_listed_by_a_hundred(helper: PageClient, world: Ports) -> None:
    puzzle = world.in_force.content.puzzle("one")
    assert puzzle
    for number in range(205):
        requests.ask(world.for_hunt, add_account(world, f"team{number}"), puzzle, "Stuck.")
    assert [len(listed(helper, f"page={number}")) for number in (1, 2, 3, 4)] == [100, 100, 5, 0]
