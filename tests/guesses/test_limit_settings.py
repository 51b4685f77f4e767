"""The limit of guesses as an organiser sets it, and puzzles with free guesses; on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app.core.answers import InvalidAnswer
from app.core.hunt_settings import checked_value, read_settings
from app.core.model import Content
from app.core.setting_faults import SettingInvalid
from app.guesses.clearing import clear_guesses
from app.guesses.limits import OutOfGuesses
from app.guesses.submission import NewGuess, submit
from app.ports import Ports
from tests.support.accounts import in_play, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import hunt
from tests.support.world import World, at_once, small_content, world


def with_free_guesses() -> Content:
    content = small_content()
    puzzles = tuple(replace(one, has_free_guesses=one.key == "one") for one in content.puzzles)
    return Content(1, content.levels, puzzles, content.divisions)


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, with_free_guesses()) as one:
        yield one


def say(node: World, team: int, words: str, key: str = "two") -> dict[str, Any]:
    return submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), words, "", ""))


# --- the settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("guess_limit", "3", "3"),
        ("guess_limit", "1000", "1000"),
        ("guess_window", "60", "1 min"),
        ("guess_window", "90 s", "90 s"),
        ("guess_window", "5 min", "5 min"),
        ("guess_window", "1.5", "2 s"),
        ("guess_window", "24 h", "24 h"),
    ],
)
def test_a_value_is_kept_as_it_is_meant(name: str, typed: str, kept: str) -> None:
    assert checked_value(name, typed) == kept
    assert checked_value(name, kept) == kept
    assert getattr(read_settings({name: kept}), name) == getattr(read_settings({name: typed}), name)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("guess_limit", "0"),
        ("guess_limit", "-1"),
        ("guess_limit", "1001"),
        ("guess_limit", "ten"),
        ("guess_limit", "١"),
        ("guess_limit", "2.5"),
        ("guess_window", "0"),
        ("guess_window", "25 h"),
        ("guess_window", "2 d"),
        ("guess_window", "soon"),
        ("guess_window", ""),
    ],
)
def test_any_other_is_refused(name: str, typed: str) -> None:
    with pytest.raises(SettingInvalid):
        checked_value(name, typed)


# --- what they do ----------------------------------------------------------------------------------------------------


def test_the_limit_and_the_window_are_those_in_force(node: World) -> None:
    node.settle(guess_limit=3, guess_window=100)
    team = node.add_team()
    assert [say(node, team, f"hen{n}")["guesses_left"] for n in range(3)] == [2, 1, 0]
    node.clock.advance(99)
    with pytest.raises(OutOfGuesses) as refused:
        say(node, team, "fox")
    assert refused.value.retry_after == 1
    node.clock.advance(1)
    assert say(node, team, "fox")["verdict"] == "correct"


def test_a_changed_limit_counts_what_was_guessed_before(node: World) -> None:
    team = node.add_team()
    for number in range(5):
        say(node, team, f"hen{number}")
        node.clock.advance(1)
    node.settle(guess_limit=4)
    with pytest.raises(OutOfGuesses) as refused:
        say(node, team, "cat")
    assert refused.value.retry_after == 60 - 4
    node.settle(guess_limit=6)
    assert say(node, team, "cat")["guesses_left"] == 0


def test_it_is_exact_under_a_burst(node: World) -> None:
    node.settle(guess_limit=4)
    team = node.add_team()
    results = at_once([lambda n=n: say(node, team, f"hen{n}") for n in range(12)])
    assert sum(isinstance(one, dict) for one in results) == 4
    assert sum(isinstance(one, OutOfGuesses) for one in results) == 8


def test_free_guesses_leave_the_limit_alone_and_have_one_of_their_own(node: World) -> None:
    team = node.add_team()
    assert say(node, team, "hen")["guesses_left"] == 9
    for number in range(59):
        assert say(node, team, f"hen{number}", "one")["guesses_left"] == 59 - number
    with pytest.raises(InvalidAnswer):
        say(node, team, "?", "one")
    with pytest.raises(OutOfGuesses):
        say(node, team, "owl", "one")
    assert say(node, team, "hen2")["guesses_left"] == 8
    node.clock.advance(60)
    assert say(node, team, "owl", "one")["verdict"] == "correct"


def test_an_admin_gives_free_guesses_back_too(node: World) -> None:
    team = node.add_team()
    for number in range(60):
        say(node, team, f"hen{number}", "one")
    clear_guesses(node.database, node.clock, team, "admin")
    assert say(node, team, "owl", "one")["verdict"] == "correct"


# --- on pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ports(app: Flask) -> Ports:
    shown = in_play(app)
    shown.in_force.put(with_free_guesses())
    return shown


def left_on(client: PageClient, key: str) -> str:
    shown = client.get(f"/game/puzzle/{key}").text.partition('id="guess-left">')[2].partition("</p>")[0]
    return " ".join(re.sub(r"<[^>]*>", "", shown).split())


def test_the_page_shows_how_many_are_left_of_which_window(app: Flask, ports: Ports) -> None:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("Owls")
    client.guess("two", "hen")
    assert left_on(client, "two") == "Guesses left this minute: 9 (shared across puzzles)"
    assert left_on(client, "one") == "Guesses left this minute: 60 (for puzzles with free guesses)"
    hunt(app, "set", "guess_limit", "3")
    hunt(app, "set", "guess_window", "300")
    assert left_on(client, "two") == "Guesses left in 300 s: 2 (shared across puzzles)"
    assert "guess_window = 5 min" in hunt(app, "settings")


def test_the_archive_keeps_to_the_limit_in_force(app: Flask, ports: Ports) -> None:
    times = {"starts_at": "2019-01-01T00:00Z", "ends_at": "2020-01-01T00:00Z"}
    set_now(ports, archive="on", guess_limit="2", guess_window="60 s", **times)
    visitor: PageClient = app.test_client()  # type: ignore[assignment]
    assert [visitor.guess("two", f"hen{n}").get_json()["guesses_left"] for n in range(2)] == [1, 0]
    assert visitor.guess("two", "fox").status_code == 429
    assert visitor.guess("one", "hen").get_json()["guesses_left"] == 59
    assert visitor.get("/game", headers=JSON).status_code == 200
