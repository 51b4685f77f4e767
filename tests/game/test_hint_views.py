"""Hints and questions as a team meets them: on the page, as JSON, and every way to be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from app.hints import requests
from app.hints.requests import Staff
from app.ports import Ports
from tests.support.accounts import rows, set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.powers import enrich, error_of, power_app, shown

PAGE = "/game/puzzle/one"
ROUTES = ("hints/take", "hints/ask", "powerups/hint", "powerups/skip", "powerups/close")
FILLED = {"question": "Which bird?", "answer": "owk"}


@pytest.fixture
def ports(app: Flask, clock: FixedClock) -> Ports:
    return power_app(app, clock)


@pytest.fixture
def team(app: Flask, ports: Ports, clock: FixedClock) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    enrich(ports, clock, "Owls", credits=3, xp=100)
    return client


def totals(ports: Ports) -> list[tuple[Any, ...]]:
    return rows(ports, "SELECT score, xp, hint_credits FROM teams")


def fields_of(page: Any, action: str, place: int = 0) -> dict[str, str]:
    """The boxes of a form on a page, as a browser would send them."""
    form = page.select(f'form[action="{action}"]')[place]
    return {str(box["name"]): str(box.get("value", "")) for box in form.select("input[name]")}


# --- taking ----------------------------------------------------------------------------------------------------------


def test_the_page_says_what_each_hint_costs_before_it_is_taken(team: PageClient) -> None:
    page = shown(team.get(PAGE))
    text = page.select_one("#hints").get_text(" ", strip=True)  # type: ignore[union-attr]
    assert "Hint credits: 3" in text
    assert "Get hint 1 (1 credit)" in text
    assert "10 points less for solving this puzzle" in text
    assert "It flies" not in page.get_text()


def test_taking_a_hint_by_form_leads_back_to_the_page_that_shows_it(team: PageClient, ports: Ports) -> None:
    form = fields_of(shown(team.get(PAGE)), f"{PAGE}/hints/take")
    reply = team.post(f"{PAGE}/hints/take", data=form)
    assert (reply.status_code, reply.location) == (303, f"{PAGE}#hints")
    page = shown(team.get(PAGE))
    assert "It flies." in page.get_text()
    assert "Here’s hint 1." in page.select_one(".flashes").get_text()  # type: ignore[union-attr]
    assert totals(ports) == [(0, 100, 2)]


def test_the_same_form_sent_twice_pays_once(team: PageClient, ports: Ports) -> None:
    form = fields_of(shown(team.get(PAGE)), f"{PAGE}/hints/take")
    for _ in range(2):
        assert team.post(f"{PAGE}/hints/take", data=form).status_code == 303
    assert "Nothing was charged" in team.get(PAGE).text
    assert totals(ports) == [(0, 100, 2)]


def test_json_gets_the_hint_and_the_totals(team: PageClient) -> None:
    assert team.send_json(f"{PAGE}/hints/take").get_json() == {
        "hint": {"order": 1, "html": "<p>It flies.</p>"}, "score": 0, "xp": 100, "hint_credits": 2,
        "message": "Here’s hint 1.",
    }  # fmt: skip


def test_a_points_hint_by_form_is_charged_with_the_solve(team: PageClient) -> None:
    form = fields_of(shown(team.get(PAGE)), f"{PAGE}/hints/take", 1)
    assert form["pay"] == "points"
    assert team.post(f"{PAGE}/hints/take", data=form).status_code == 303
    assert team.guess("one", "owl").get_json()["points"] == 30


def test_points_hints_that_are_off_are_neither_shown_nor_given(team: PageClient, ports: Ports) -> None:
    set_now(ports, points_hints="off")
    assert 'value="points"' not in team.get(PAGE).text
    reply = team.send_json(f"{PAGE}/hints/take", {"pay": "points"})
    assert error_of(reply) == (400, "invalid_form")
    assert set(reply.get_json()["error"]["fields"]) == {"pay"}


@pytest.mark.parametrize("pay", ["xp", "CREDIT", "gold", "0", "credit\0", "x" * 5000])
def test_a_hint_is_paid_with_credit_or_points_alone(team: PageClient, ports: Ports, pay: str) -> None:
    assert error_of(team.send_json(f"{PAGE}/hints/take", {"pay": pay})) == (400, "invalid_form")
    assert totals(ports) == [(0, 100, 3)]


@pytest.mark.parametrize("route", ["hints/take", "powerups/hint"])
@pytest.mark.parametrize("number", ["0", "-1", "1.0", "one", "٣", "1e3", "9" * 400, "1 2", "0x1"])
def test_what_is_no_number_of_a_hint_is_refused(team: PageClient, ports: Ports, route: str, number: str) -> None:
    reply = team.send_json(f"{PAGE}/{route}", {"hint": number})
    assert error_of(reply) == (400, "invalid_form")
    assert totals(ports) == [(0, 100, 3)]


@pytest.mark.parametrize("route", ["hints/take", "powerups/hint"])
def test_a_hint_out_of_order_is_a_conflict(team: PageClient, ports: Ports, route: str) -> None:
    for number in ("2", "9999"):
        assert error_of(team.send_json(f"{PAGE}/{route}", {"hint": number})) == (409, "conflict")
    assert totals(ports) == [(0, 100, 3)]


def test_without_enough_credits_the_page_and_the_refusal_say_so(team: PageClient, ports: Ports) -> None:
    set_now(ports, points_hints="off")
    for _ in range(2):
        team.send_json(f"{PAGE}/hints/take")
    set_now(ports, points_hints="on")
    reply = team.send_json("/game/puzzle/two/hints/take")
    assert error_of(reply) == (409, "no_credits")
    assert (reply.get_json()["error"]["have"], reply.get_json()["error"]["need"]) == (0, 1)
    text = shown(team.get("/game/puzzle/two")).select_one("#hints").get_text(" ")  # type: ignore[union-attr]
    assert "(10 points)" in text
    assert "· 1 credit" not in text


def test_a_refused_form_gets_the_page_with_the_status_and_the_words(team: PageClient) -> None:
    for _ in range(2):
        team.send_json(f"{PAGE}/hints/take")
    refused = team.send_form("/game/puzzle/two/hints/take")
    page = shown(refused)
    assert refused.status_code == 409
    assert page.title is not None
    assert page.title.get_text().startswith("Error: ")
    assert "You need 1 hint credit (you have 0)." in page.get_text()


def test_a_timed_hint_says_when_it_opens(team: PageClient, clock: FixedClock) -> None:
    for _ in range(2):
        team.send_json(f"{PAGE}/hints/take")
    reply = team.send_json(f"{PAGE}/hints/take")
    assert error_of(reply) == (409, "no_hint_left")
    assert "Sun 14 March 2027, 12:30 (UTC)" in reply.get_json()["error"]["message"]
    assert "12:30" in shown(team.get(PAGE)).select_one("#hints").get_text()  # type: ignore[union-attr]
    clock.advance(30 * 60)
    assert team.send_json(f"{PAGE}/hints/take").get_json()["hint"]["order"] == 3
    assert error_of(team.send_json(f"{PAGE}/hints/take")) == (409, "no_hint_left")


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_question_and_its_answer_stand_on_the_page(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    reply = team.send_form(f"{PAGE}/hints/ask", {"question": "Which <bird>?"})
    assert (reply.status_code, reply.location) == (303, f"{PAGE}#hints")
    waiting = shown(team.get(PAGE)).select_one(".thread")
    assert waiting is not None
    assert "Which <bird>?" in waiting.get_text()
    assert "Waiting for a reply" in waiting.get_text()
    ((number,),) = rows(ports, "SELECT id FROM hint_requests")
    requests.answer(
        ports.for_hunt, ports.postman, ports.translate, number, Staff(0, "Hermes"), "One that <b>hoots</b>."
    )
    page = shown(team.get(PAGE))
    answered = page.select_one(".thread").get_text()  # type: ignore[union-attr]
    assert "One that <b>hoots</b>." in answered
    assert "Organisers" in answered
    assert page.select_one("#question") is not None


def test_while_one_question_waits_there_is_no_second(team: PageClient, ports: Ports) -> None:
    assert team.send_json(f"{PAGE}/hints/ask", FILLED).get_json() == {
        "request": {"id": 1, "state": "open"}, "score": 0, "xp": 100, "hint_credits": 3,
        "message": "Sent. We’ll reply here.",
    }  # fmt: skip
    assert error_of(team.send_json(f"{PAGE}/hints/ask", FILLED)) == (409, "conflict")
    assert shown(team.get(PAGE)).select_one("#question") is None


@pytest.mark.parametrize("question", ["", " \n", "x" * 2001])
def test_a_question_that_cannot_be_sent_is_kept_in_its_box(team: PageClient, ports: Ports, question: str) -> None:
    reply = team.send_json(f"{PAGE}/hints/ask", {"question": question})
    assert error_of(reply) == (400, "invalid_form")
    assert set(reply.get_json()["error"]["fields"]) == {"question"}
    page = team.send_form(f"{PAGE}/hints/ask", {"question": question})
    assert page.status_code == 400
    assert shown(page).select_one("#question").get_text() == question  # type: ignore[union-attr]
    assert rows(ports, "SELECT count(*) FROM hint_requests") == [(0,)]


def test_other_teams_do_not_see_the_conversation(team: PageClient, app: Flask) -> None:
    team.send_form(f"{PAGE}/hints/ask", {"question": "A secret thought"})
    others: PageClient = app.test_client()  # type: ignore[assignment]
    others.register("Bats")
    assert "A secret thought" not in others.get(PAGE).text


# --- what all five routes share --------------------------------------------------------------------------------------


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def untouched(ports: Ports) -> bool:
    taken = "SELECT (SELECT count(*) FROM hints_taken) + (SELECT count(*) FROM skips) + (SELECT count(*) FROM guesses)"
    return totals(ports) == [(0, 100, 3)] and rows(ports, taken) == [(0,)]


def test_locked_and_unknown_puzzles_are_the_same_404(team: PageClient, ports: Ports, route: str) -> None:
    replies = [team.send_json(f"/game/puzzle/{key}/{route}", FILLED) for key in ("deep", "nothing", "x" * 3000)]
    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.text for reply in replies}) == 1
    assert untouched(ports)


def test_in_lockdown_nothing_can_be_taken(team: PageClient, ports: Ports, route: str) -> None:
    set_now(ports, lockdown_puzzles="on")
    assert error_of(team.send_json(f"{PAGE}/{route}", FILLED)) == (403, "locked_down")
    assert untouched(ports)


def test_before_the_start_nothing_can_be_taken(team: PageClient, ports: Ports, route: str) -> None:
    set_now(ports, starts_at="2027-03-14T13:00Z")
    assert error_of(team.send_json(f"{PAGE}/{route}", FILLED)) == (403, "not_running")
    assert untouched(ports)


def test_after_the_end_nothing_can_be_taken(team: PageClient, ports: Ports, clock: FixedClock, route: str) -> None:
    clock.advance(3600)
    set_now(ports, ends_at="2027-03-14T13:00Z")
    assert error_of(team.send_json(f"{PAGE}/{route}", FILLED)) == (403, "not_running")
    assert untouched(ports)
    assert f"{PAGE}/{route}" not in team.get(PAGE).text


def test_a_solved_puzzle_takes_nothing_more(team: PageClient, route: str) -> None:
    team.guess("one", "owl")
    assert error_of(team.send_json(f"{PAGE}/{route}", FILLED)) == (409, "already_solved")
    page = team.get(PAGE)
    assert f"{PAGE}/{route}" not in page.text
    assert team.send_form(f"{PAGE}/{route}", FILLED).status_code == 409


def test_a_skipped_puzzle_takes_nothing_more(team: PageClient, ports: Ports, route: str) -> None:
    assert team.send_json(f"{PAGE}/powerups/skip").status_code == 200
    assert error_of(team.send_json(f"{PAGE}/{route}", FILLED)) == (409, "already_solved")
    assert totals(ports) == [(0, 25, 3)]


def test_a_visitor_and_a_banned_team_are_turned_away(team: PageClient, ports: Ports, app: Flask, route: str) -> None:
    visitor: PageClient = app.test_client()  # type: ignore[assignment]
    assert error_of(visitor.send_json(f"{PAGE}/{route}", FILLED)) == (401, "login_required")
    token = team.token()
    rows_before = totals(ports)
    with ports.database.writing() as connection:
        from app.database import teams

        teams.change(connection, 1, is_banned=True)
    reply = team.post(
        f"{PAGE}/{route}", data=FILLED, headers={"Accept": "application/json", "X-CSRFToken": token}
    )  # fmt: skip
    assert error_of(reply) == (403, "banned")
    assert totals(ports) == rows_before


def test_a_get_takes_nothing(team: PageClient, ports: Ports, route: str) -> None:
    assert team.get(f"{PAGE}/{route}").status_code == 405
    assert untouched(ports)


def test_a_page_with_hints_and_a_conversation_still_costs_one_query(team: PageClient) -> None:
    team.send_json(f"{PAGE}/hints/take")
    team.send_json(f"{PAGE}/hints/ask", FILLED)
    team.get(PAGE)
    statements: list[str] = []
    event.listen(Engine, "before_cursor_execute", listener := lambda *args: statements.append(args[2]))
    try:
        team.get(PAGE)
    finally:
        event.remove(Engine, "before_cursor_execute", listener)
    assert len(statements) == 1


def test_an_email_is_promised_only_where_one_can_be_sent(make_app: Callable[..., Flask], clock: FixedClock) -> None:
    for settings, addresses, is_mailed in (
        ({"SMTP_URL": "smtp://127.0.0.1:1", "SITE_URL": "https://hunt.example"}, "owl@hunt.example", True),
        ({"SMTP_URL": "smtp://127.0.0.1:1", "SITE_URL": "https://hunt.example"}, "", False),
        ({}, "owl@hunt.example", False),
    ):
        app = make_app(**settings)
        power_app(app, clock)
        client: PageClient = app.test_client()  # type: ignore[assignment]
        name = f"Owls {len(settings)}{addresses[:3]}"
        assert client.register(name, emails=addresses).status_code == 303
        hint = shown(client.get(PAGE)).select_one("#question-hint")
        assert hint is not None
        assert ("email" in hint.get_text()) is is_mailed
