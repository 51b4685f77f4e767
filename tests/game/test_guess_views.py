"""Guesses as forms and programs send them, and the replies."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.ports import Ports
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.dressed_hunt import PAGE, page, refused
from tests.support.dressed_hunt import ports as ports
from tests.support.dressed_hunt import team as team


def test_the_replies_to_guesses_are_what_programs_rely_on(team: PageClient) -> None:
    wrong = team.guess("one", "dove").get_json()
    assert {name: wrong[name] for name in ("verdict", "score", "xp", "meta", "guesses_left")} == {
        "verdict": "wrong", "score": 0, "xp": 0, "meta": False, "guesses_left": 9,
    }  # fmt: skip
    assert set(wrong) == {"verdict", "message_html", "reference", "score", "xp", "meta", "guesses_left"}
    assert team.guess("one", "crow").get_json()["message_html"] == "<p>A bird, yes.</p>"
    assert team.guess("one", "DOVE!").get_json()["verdict"] == "repeat"
    right = team.guess("one", "owl").get_json()
    assert (right["verdict"], right["points"], right["score"], right["message_html"]) == (
        "correct",
        40,
        40,
        "<p>Hoo!</p>",
    )
    assert right["unlocked"] == [{"kind": "puzzle", "title": "Boss", "url": "/game/puzzle/boss"}]
    assert isinstance(right["reference"], str)
    assert refused(team.guess("one", "owl")) == (409, "already_solved")


@pytest.mark.parametrize("answer", ["", "…", " \t", "x" * 201, "\u0301", "日" * 30])
def test_what_cannot_be_an_answer_is_refused_and_not_listed(team: PageClient, ports: Ports, answer: str) -> None:
    assert refused(team.guess("one", answer)) == (400, "invalid_answer")
    assert rows(ports, "SELECT count(*) FROM guesses") == [(0,)]
    reply = team.send_form(PAGE, {"answer": answer})
    assert reply.status_code == 400
    assert BeautifulSoup(reply.text, "html5lib").title.get_text().startswith("Error: ")


def test_a_form_is_sent_on_to_the_page_that_shows_the_result(team: PageClient) -> None:
    reply = team.send_form(PAGE, {"answer": "dove", "once": "my-key"})
    assert (reply.status_code, reply.location) == (303, f"{PAGE}?r=my-key#answer")
    shown = page(team.get(reply.location))
    assert shown.title.get_text().startswith("Incorrect")
    assert "dove" in shown.select_one("[data-past]").get_text()
    # Looking again, or sending the same form again, changes nothing.
    again = team.send_form(PAGE, {"answer": "dove", "once": "my-key"})
    assert again.location == reply.location
    assert page(team.get(reply.location)).select_one("[data-guesses-left]").get_text() == "9"


def test_any_key_finds_its_result_again(team: PageClient) -> None:
    for number, once in enumerate(("a&b#c?d=e", "ü %41+ %", "<b>\"'", "x" * 64), 1):
        reply = team.send_form(PAGE, {"answer": f"dove {number}", "once": once})
        assert reply.status_code == 303
        assert page(team.get(reply.location)).title.get_text().startswith("Incorrect"), once


@pytest.mark.parametrize("once", ["x" * 65, "a\0b", "a\nb", "\u202e"])
def test_a_key_that_is_none_is_refused(team: PageClient, ports: Ports, once: str) -> None:
    reply = team.guess("one", "dove", once)
    assert refused(reply) == (400, "invalid_form")
    assert "once" in reply.get_json()["error"]["fields"]
    assert rows(ports, "SELECT count(*) FROM guesses") == [(0,)]


def test_the_reply_to_anothers_key_is_not_shown(app: Flask, team: PageClient) -> None:
    team.send_form(PAGE, {"answer": "dove", "once": "guessable"})
    other: PageClient = app.test_client()  # type: ignore[assignment]
    other.register("Mice")
    assert not page(other.get(f"{PAGE}?r=guessable")).select(".result")
    assert not page(team.get("/game/puzzle/two?r=guessable")).select(".result")


def test_the_eleventh_guess_of_a_minute_waits(team: PageClient, clock: FixedClock) -> None:
    for number in range(10):
        assert team.guess("one", f"dove {number}").get_json()["guesses_left"] == 9 - number
        clock.advance(1)
    reply = team.guess("two", "owl")
    assert refused(reply) == (429, "rate_limited")
    assert reply.headers["Retry-After"] == "50"
    by_form = team.send_form(PAGE, {"answer": "<b>owl</b>"})
    assert (by_form.status_code, by_form.headers["Retry-After"]) == (429, "50")
    assert BeautifulSoup(by_form.text, "html5lib").select_one("#guess")["value"] == "<b>owl</b>"
    clock.advance(50)
    assert team.guess("one", "owl").get_json()["verdict"] == "correct"


def test_a_solved_puzzle_asks_for_no_answer_and_shows_no_text_of_it(team: PageClient) -> None:
    team.guess("one", "owl")
    shown = page(team.get(PAGE))
    assert not shown.select("#guess")
    assert "owl" not in shown.select_one("[data-past-panel]").get_text().lower()
    reply = team.send_form(PAGE, {"answer": "owl"})
    assert reply.status_code == 409
    assert "already solved" in reply.text
