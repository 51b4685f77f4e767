"""Notices to the organisers' chat: what is told, what never is, and each thing once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.content import queries as content_queries
from app.guesses.submission import NewGuess, submit
from app.hints import requests
from app.notifications.organiser_chat import gather_notices
from app.ops import job_queries
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


@pytest.fixture
def owls(node: World) -> int:
    gather_notices(node.database, node.in_force, node.clock)
    return node.add_team("Owls")


def say(node: World, team: int, text: str, key: str) -> None:
    submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), text, "", ""))


def told(node: World) -> list[str]:
    found: list[str] = []
    for (payload,) in node.all("SELECT payload FROM outbox WHERE kind = 'webhook' ORDER BY id"):
        body: dict[str, Any] = json.loads(payload) if isinstance(payload, str) else payload
        found.append(body["text"])
    return found


def test_a_solve_a_meta_and_a_finish_are_told(node: World, owls: int) -> None:
    for text, key in (("owl", "one"), ("bear", "boss"), ("eel", "deep")):
        say(node, owls, text, key)
    assert gather_notices(node.database, node.in_force, node.clock) == 3
    assert set(told(node)) == {
        "⭐ The Owls has solved the meta “Boss”.",
        "✅ The Owls has solved “One”.",
        "🏁 The Owls has finished the hunt (Open).",
    }


def test_many_solves_at_once_are_told_in_one_line_and_once(node: World) -> None:
    gather_notices(node.database, node.in_force, node.clock)
    for number in range(6):
        say(node, node.add_team(f"Team {number}"), "owl", "one")
    assert gather_notices(node.database, node.in_force, node.clock) == 1
    assert told(node) == ["✅ 6 solves by 6 teams since the last notice; most: “One” 6."]
    say(node, node.add_team("Late"), "owl", "one")
    assert gather_notices(node.database, node.in_force, node.clock) == 1
    assert told(node)[1:] == ["✅ The Late has solved “One”."]


def test_each_thing_is_told_once_however_many_look(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    say(node, owls, "bear", "boss")
    at_once([lambda: gather_notices(node.database, node.in_force, node.clock)] * 4)
    gather_notices(node.database, node.in_force, node.clock)
    assert len(told(node)) == 2


def test_what_was_before_the_first_look_is_never_told(node: World) -> None:
    team = node.add_team("Owls")
    say(node, team, "owl", "one")
    say(node, team, "bear", "boss")
    assert [gather_notices(node.database, node.in_force, node.clock) for _ in range(3)] == [0, 0, 0]
    say(node, team, "eel", "deep")
    assert gather_notices(node.database, node.in_force, node.clock) == 1


def test_a_question_is_told_without_its_words(node: World, owls: int) -> None:
    requests.ask(node.for_hunt, owls, node.puzzle("one"), "Is it BARN OWL?")
    gather_notices(node.database, node.in_force, node.clock)
    assert told(node) == ["❓ The Owls asks for help with “One”: question 1 at the hint desk."]


def test_no_guess_is_ever_told(node: World, owls: int) -> None:
    for text, key in (("grizzly", "boss"), ("owl", "one"), ("bear", "boss")):
        say(node, owls, text, key)
    gather_notices(node.database, node.in_force, node.clock)
    assert not any(word in "".join(told(node)).casefold() for word in ("grizzly", "bear"))


def test_a_restock_is_told(node: World, owls: int) -> None:
    with node.database.writing() as connection:
        columns = {"made_by": "chief", "source": "x", "compiled": "", "records": "", "warnings": ["w"], "puzzles": 4}
        content_queries.add(connection, 7, node.clock.now(), **columns)
    gather_notices(node.database, node.in_force, node.clock)
    assert told(node) == ["📦 Content version 7 is made, by chief: 4 puzzles, 1 warnings."]


def test_a_job_that_fails_is_told_once_an_hour(node: World, owls: int) -> None:
    for slot in range(3):
        job_queries.claim(node.database, "sweep", str(slot), "here", node.clock.now())
        job_queries.finish(node.database, "sweep", str(slot), node.clock.now(), "DatabaseBusy")
        gather_notices(node.database, node.in_force, node.clock)
        node.clock.advance(60)
    assert told(node) == ["⚠️ The job “sweep” fails: DatabaseBusy."]


def test_a_name_rings_nobodys_bell(node: World, owls: int) -> None:
    evil = node.add_team("Evil", display_name="@everyone `x`\n<!here>")
    say(node, evil, "owl", "one")
    say(node, evil, "bear", "boss")
    gather_notices(node.database, node.in_force, node.clock)
    assert len(told(node)) == 2
    for line in told(node):
        assert "@everyone" not in line
        assert "`" not in line
        assert "\n" not in line


def test_staff_and_banned_teams_are_not_told_of(node: World, owls: int) -> None:
    staff = node.add_team("Staff", role="writer")
    say(node, staff, "owl", "one")
    say(node, staff, "bear", "boss")
    gather_notices(node.database, node.in_force, node.clock)
    assert told(node) == []
