"""The archive: after the end, and only when the organisers say so, everybody reads everything and may guess along."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.core.model import Level, Puzzle, StoryBlock
from app.ports import Ports
from tests.support.accounts import in_play, rows, set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.world import hashed

JSON = {"Accept": "application/json"}
LEVELS = (
    Level("recL1", "first", "First"),
    Level("recL2", "second", "Second", 2, prereq=("recOne",)),
    Level("recL3", "kept", "Kept", 3, is_unlocked=False),
)
TOLD = {"solution_html": "<p>It was the owl.</p>", "story": (StoryBlock("recS", 1, "<p>Dear {team}</p>"),)}
CLOSED = {"divisions": ("juniors",), "css": ".x { color: red }"}
PUZZLES = (
    Puzzle("recOne", "one", "One", "recL1", 1, value=40, answers=(hashed("owl"),), **TOLD),
    Puzzle("recTwo", "two", "Two", "recL2", 1, value=20, answers=(hashed("crow"),), **CLOSED),
    Puzzle("recOff", "off", "Off", "recL1", 2, is_unlocked=False),
    Puzzle("recHid", "hidden", "Hidden", "recL3", 1),
)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> Ports:
    ports = in_play(app, levels=LEVELS, puzzles=PUZZLES)
    set_now(ports, ends_at=clock.now().isoformat(), archive="on")
    clock.advance(3600)
    return ports


@pytest.fixture
def stranger(app: Flask, world: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    return client


def page(reply: Any) -> BeautifulSoup:
    assert reply.status_code == 200, reply.status_code
    return BeautifulSoup(reply.text, "html5lib")


def test_a_stranger_reads_every_page_with_its_solution(stranger: PageClient) -> None:
    links = [str(link["href"]) for link in page(stranger.get("/game")).select(".card-title a")]
    assert links == ["/game/puzzle/one", "/game/puzzle/two"]
    assert "It was the owl." in page(stranger.get("/game/puzzle/one")).text
    for path in ("/game/first", "/game/second", "/game/puzzle/two", "/game/puzzle/two?print=1", "/story"):
        page(stranger.get(path))
    assert stranger.get("/game/puzzle/two/style.css").status_code == 200
    assert "Dear your team" in page(stranger.get("/story")).text
    assert page(stranger.get("/")).select_one('header a[href="/game"]')
    assert stranger.get("/game", headers=JSON).json["team"] == {}  # type: ignore[index]


@pytest.mark.parametrize("key", ["off", "hidden", "nothing"])
def test_what_was_never_opened_stays_closed(stranger: PageClient, key: str) -> None:
    assert stranger.get(f"/game/puzzle/{key}").status_code == 404
    assert stranger.guess(key, "owl").status_code == 404


def test_a_team_reads_what_it_never_reached(stranger: PageClient) -> None:
    stranger.register("late")
    assert stranger.get("/game/puzzle/two").status_code == 200


def test_a_stranger_s_guess_is_judged_and_leaves_nothing(stranger: PageClient, world: Ports) -> None:
    right = stranger.guess("one", "Owl!")
    assert (right.status_code, right.json["verdict"], right.json["points"]) == (200, "correct", 0)
    wrong = stranger.guess("one", "crow")
    assert (wrong.json["verdict"], wrong.json["guesses_left"]) == ("wrong", 8)
    told = stranger.send_form("/game/puzzle/one", {"answer": "Owl"})
    assert page(told).select_one(".result-correct")
    for table in ("guesses", "solves", "unlocks", "log"):
        assert rows(world, f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_team_s_guess_is_judged_and_stands_on_no_board(stranger: PageClient, world: Ports) -> None:
    stranger.register("late")
    right = stranger.guess("two", "crow")
    told = right.json
    assert (right.status_code, told["verdict"], told["points"], told["score"]) == (200, "correct", 0, 0)
    board = stranger.get("/leaderboard/open", headers=JSON).json
    assert [(row["score"], row["solved"]) for row in board["rows"]] == [(0, 0)]


def test_strangers_guess_ten_times_a_minute(stranger: PageClient, clock: FixedClock) -> None:
    for _ in range(10):
        assert stranger.guess("one", "crow").status_code == 200
    refused = stranger.guess("one", "crow")
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) == 60
    clock.advance(60)
    assert stranger.guess("one", "crow").status_code == 200


@pytest.mark.parametrize("answer", ["", "…", "x" * 201])
def test_what_cannot_be_an_answer_is_refused(stranger: PageClient, answer: str) -> None:
    refused = stranger.guess("one", answer)
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "invalid_answer")


def test_hints_and_power_ups_stay_with_teams(stranger: PageClient) -> None:
    for path in ("/hints/take", "/hints/ask", "/powerups/skip"):
        assert stranger.send_json(f"/game/puzzle/one{path}", {}).status_code == 401


@pytest.mark.parametrize(("setting", "value"), [("archive", "off"), ("ends_at", "")])
def test_without_the_switch_or_before_the_end_the_pages_are_for_teams(
    stranger: PageClient, world: Ports, setting: str, value: str
) -> None:
    set_now(world, **{setting: value})
    assert stranger.get("/game/puzzle/one", headers=JSON).status_code == 401
    assert stranger.guess("one", "owl").status_code == 401


def test_a_closed_switch_closes_the_archive_too(stranger: PageClient, world: Ports) -> None:
    set_now(world, lockdown_puzzles="on")
    assert stranger.get("/game/puzzle/one").status_code == 403
