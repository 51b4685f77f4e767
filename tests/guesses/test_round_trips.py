"""How often a request waits for PostgreSQL, counted on the wire: with the database far away, this is what it costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.client import PageClient
from tests.support.wire import Wire, wire

GUESS, PAGE = 4, 1


@pytest.fixture
def line(postgres_database: str) -> Iterator[Wire]:
    with wire(postgres_database) as one:
        yield one


@pytest.fixture
def database(line: Wire, postgres_database: str) -> str:
    """For the application of this file: the database behind the proxy."""
    return line.url(postgres_database)


@pytest.fixture
def team(app: Flask, world: Ports) -> PageClient:
    player: PageClient = app.test_client()  # type: ignore[assignment]
    player.register("Owls")
    return player


def guess(line: Wire, team: PageClient, text: str, once: str = "") -> tuple[str, list[str]]:
    """The verdict, and the round trips of this guess alone, on a connection that knows the page's question."""
    form = {"answer": text, "once": once}
    headers = {"Accept": "application/json", "X-CSRFToken": team.token("/game/puzzle/one")}
    with line.counting() as trips:
        reply = team.post("/game/puzzle/one", data=form, headers=headers)
    return str(reply.get_json().get("verdict")), list(trips)


@pytest.mark.parametrize("path", ["/game", "/game/shallows", "/game/puzzle/one", "/story"])
def test_a_page_is_one_round_trip(line: Wire, team: PageClient, path: str) -> None:
    team.get(path)
    with line.counting() as trips:
        team.get(path)
    assert len(trips) == PAGE, trips


@pytest.mark.parametrize("once", ["", "key"])
@pytest.mark.parametrize(("text", "verdict"), [("hen", "wrong"), ("crow", "close"), ("owl", "correct")])
def test_a_guess_that_is_hashed_is_four(line: Wire, team: PageClient, text: str, verdict: str, once: str) -> None:
    said, trips = guess(line, team, text, once)
    assert said == verdict
    assert len(trips) <= GUESS, trips


@pytest.mark.parametrize("once", ["", "key"])
@pytest.mark.parametrize(("text", "verdict"), [("hen", "wrong"), ("crow", "close"), ("owl", "correct")])
def test_a_guess_whose_verdict_is_known_is_no_more(
    app: Flask, line: Wire, team: PageClient, text: str, verdict: str, once: str
) -> None:
    others: PageClient = app.test_client()  # type: ignore[assignment]
    others.register("Bats")
    guess(line, others, text)
    said, trips = guess(line, team, text, once)
    assert said == verdict
    assert len(trips) <= GUESS, trips


def test_a_repeat_is_no_more(line: Wire, team: PageClient) -> None:
    guess(line, team, "hen")
    said, trips = guess(line, team, "hen", "key")
    assert said == "repeat"
    assert len(trips) <= GUESS, trips


def test_a_reply_that_was_lost_is_no_more(line: Wire, team: PageClient) -> None:
    guess(line, team, "hen", "key")
    said, trips = guess(line, team, "hen", "key")
    assert said == "wrong"
    assert len(trips) <= GUESS, trips
