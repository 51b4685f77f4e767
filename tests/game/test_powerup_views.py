"""Power-ups as a team meets them: price and effect on the page, both ways of sending, and the table's refusals."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.accounts import rows, set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.powers import enrich, error_of, power_app, shown

PAGE = "/game/puzzle/one"


@pytest.fixture
def ports(app: Flask, clock: FixedClock) -> Ports:
    return power_app(app, clock)


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    return client


@pytest.fixture
def rich(team: PageClient, ports: Ports, clock: FixedClock) -> PageClient:
    enrich(ports, clock, "Owls", xp=100, credits=1)
    return team


def buy(client: PageClient, verb: str, key: str = "one", **fields: str) -> Any:
    return client.send_json(f"/game/puzzle/{key}/powerups/{verb}", fields)


def form_of(client: PageClient, verb: str) -> dict[str, str]:
    form = shown(client.get(PAGE)).select_one(f'form[action="{PAGE}/powerups/{verb}"]')
    assert form is not None
    return {str(box["name"]): str(box.get("value", "")) for box in form.select("input[name]")}


def text_of(client: PageClient, place: str = "#powerups") -> str:
    found = shown(client.get(PAGE)).select_one(place)
    return found.get_text(" ", strip=True) if found else ""


def test_the_page_names_prices_and_effects_and_what_is_missing(team: PageClient) -> None:
    text = text_of(team)
    for words in ("50 XP", "75 XP", "100 XP", "can’t solve it later", "10 points less", "you have 0"):
        assert words in text
    assert f"{PAGE}/powerups/" not in team.get(PAGE).text


def test_a_meta_offers_no_skip(rich: PageClient) -> None:
    rich.guess("one", "owl")
    page = rich.get("/game/puzzle/boss").text
    assert "/game/puzzle/boss/powerups/close" in page
    assert "/game/puzzle/boss/powerups/skip" not in page
    assert error_of(buy(rich, "skip", "boss")) == (403, "forbidden")


def test_a_hint_by_form_appears_on_the_page_and_is_paid_once(rich: PageClient, ports: Ports) -> None:
    form = form_of(rich, "hint")
    assert form["hint"] == "1"
    for _ in range(2):
        reply = rich.post(f"{PAGE}/powerups/hint", data=form)
        assert (reply.status_code, reply.location) == (303, f"{PAGE}#hints")
    assert "It flies." in text_of(rich, "#hints")
    assert rows(ports, "SELECT xp, hint_credits FROM teams") == [(50, 1)]


def test_a_hint_as_json(rich: PageClient) -> None:
    assert buy(rich, "hint").get_json() == {
        "hint": {"order": 1, "html": "<p>It flies.</p>"}, "score": 0, "xp": 50, "hint_credits": 1,
        "message": "Here’s hint 1.",
    }  # fmt: skip


def test_a_skip_by_form_says_what_it_opened(rich: PageClient) -> None:
    reply = rich.post(f"{PAGE}/powerups/skip", data=form_of(rich, "skip"))
    assert (reply.status_code, reply.location) == (303, f"{PAGE}#answer")
    assert "Skipped “One”. Now open: Boss." in text_of(rich, ".flashes")
    assert "Your team has skipped this puzzle." in text_of(rich, "#answer")
    assert rich.get("/game/puzzle/boss").status_code == 200


def test_a_skip_form_sent_twice_is_one_skip(rich: PageClient, ports: Ports) -> None:
    form = form_of(rich, "skip")
    assert form["once"]
    for _ in range(2):
        assert rich.post(f"{PAGE}/powerups/skip", data=form).status_code == 303
    assert rows(ports, "SELECT xp FROM teams") == [(25,)]


def test_a_skip_as_json(rich: PageClient) -> None:
    assert buy(rich, "skip").get_json() == {
        "skipped": True, "score": 0, "xp": 25, "hint_credits": 1,
        "unlocked": [{"kind": "puzzle", "title": "Boss", "url": "/game/puzzle/boss"}],
        "message": "Skipped “One”. Now open: Boss.",
    }  # fmt: skip


def test_a_close_answer_by_form_shows_its_result_like_a_guess(rich: PageClient) -> None:
    form = form_of(rich, "close") | {"answer": "owk"}
    reply = rich.post(f"{PAGE}/powerups/close", data=form)
    assert reply.status_code == 303
    text = shown(rich.get(reply.location)).select_one("#answer").get_text(" ")  # type: ignore[union-attr]
    assert "Correct!" in text
    assert "Close enough" in text
    assert rich.post(f"{PAGE}/powerups/close", data=form).location == reply.location


def test_a_close_answer_as_json_is_an_answers_reply_with_the_totals(rich: PageClient) -> None:
    got = buy(rich, "close", answer="owk").get_json()
    assert {name: got[name] for name in ("verdict", "points", "score", "xp", "hint_credits")} == {
        "verdict": "correct", "points": 30, "score": 30, "xp": 5, "hint_credits": 1,
    }  # fmt: skip
    assert got["unlocked"][0]["title"] == "Boss"


def test_what_is_not_near_is_an_ordinary_guess(rich: PageClient) -> None:
    got = buy(rich, "close", answer="hen").get_json()
    assert (got["verdict"], got["xp"], got["guesses_left"]) == ("wrong", 100, 9)
    assert "points" not in got


def test_the_reply_to_a_skip_is_no_result_of_a_guess(rich: PageClient) -> None:
    from app.hints.powerups import key_of

    buy(rich, "skip", once="k1")
    assert rich.get(f"{PAGE}?r={key_of('skip', 'k1')}").status_code == 200


@pytest.mark.parametrize(("verb", "need"), [("hint", 50), ("skip", 75), ("close", 100)])
def test_too_little_xp_says_what_there_is_and_what_it_takes(team: PageClient, verb: str, need: int) -> None:
    reply = buy(team, verb, answer="owl")
    assert error_of(reply) == (409, "insufficient_xp")
    assert (reply.get_json()["error"]["have"], reply.get_json()["error"]["need"]) == (0, need)
    page = team.send_form(f"{PAGE}/powerups/{verb}", {"answer": "owl"})
    assert page.status_code == 409
    assert f"You need {need} XP (you have 0)." in page.text


@pytest.mark.parametrize("verb", ["hint", "skip", "close"])
def test_with_xp_off_there_are_no_power_ups(rich: PageClient, ports: Ports, verb: str) -> None:
    set_now(ports, xp="off")
    assert shown(rich.get(PAGE)).select_one("#powerups") is None
    assert error_of(buy(rich, verb, answer="owl")) == (403, "forbidden")


@pytest.mark.parametrize("answer", ["", "!!!", "x" * 201, "word " * 1680])
def test_a_close_answer_that_can_be_none_is_refused(rich: PageClient, answer: str) -> None:
    assert error_of(buy(rich, "close", answer=answer)) == (400, "invalid_answer")
    page = rich.send_form(f"{PAGE}/powerups/close", {"answer": answer})
    assert page.status_code == 400
    box = shown(page).select_one("#close-answer")
    assert box is not None
    assert box["value"] == answer[:200]


@pytest.mark.parametrize("verb", ["skip", "close"])
@pytest.mark.parametrize("once", ["k" * 65, "a\nb", "\x07"])
def test_a_key_that_can_be_none_is_refused(rich: PageClient, ports: Ports, verb: str, once: str) -> None:
    assert error_of(buy(rich, verb, answer="owk", once=once)) == (400, "invalid_form")
    assert rows(ports, "SELECT xp FROM teams") == [(100,)]


def test_the_guess_limit_holds_for_close_answers(rich: PageClient) -> None:
    for number in range(10):
        buy(rich, "close", answer=f"hen{number}")
    reply = buy(rich, "close", answer="owk")
    assert error_of(reply) == (429, "rate_limited")
    assert reply.headers["Retry-After"] == "60"


def test_the_bar_shows_what_time_has_added_and_when_more_comes(rich: PageClient, clock: FixedClock) -> None:
    buy(rich, "close", answer="owk")
    clock.advance(3600 + 600)
    text = text_of(rich)
    assert "15 of 100" in text
    assert "next +10: " in text
