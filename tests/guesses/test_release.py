"""A key whose guess could not be judged is free again, also where the database was too slow to be told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.database.engine import DatabaseBusy
from app.errors import HashingBusy
from app.guesses import queries as guess_queries
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import World, world


@pytest.fixture
def node(database: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(clock, "sleep", lambda _seconds: None)
    with world(database, clock) as one:
        yield one


def test_a_key_that_the_database_had_no_time_for_is_given_back_after_the_answer(
    node: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, tries = node.add_team(), []
    later: list[Callable[[], None]] = []
    release = guess_queries.release

    def busy_twice(*words: Any) -> None:
        tries.append(words)
        if len(tries) < 3:
            raise DatabaseBusy("slow")
        release(*words)

    monkeypatch.setattr(guess_queries, "release", busy_twice)
    ports = replace(node.ports, later=later.append)
    node.hasher.problem = HashingBusy()
    guess = NewGuess(team, node.puzzle("one"), "owl", "k", "")
    with pytest.raises(HashingBusy):
        submit(ports.for_guess, node.content, guess)
    assert node.count("receipts", "reply IS NULL") == 1
    (work,) = later
    work()
    assert (len(tries), node.count("receipts")) == (3, 0)
    node.hasher.problem = None
    assert submit(ports.for_guess, node.content, guess)["verdict"] == "correct"


def test_a_key_is_not_given_back_without_end(node: World, monkeypatch: pytest.MonkeyPatch) -> None:
    team = node.add_team()
    later: list[Callable[[], None]] = []

    def busy(*_words: Any) -> None:
        node.clock.advance(1)
        raise DatabaseBusy("gone")

    monkeypatch.setattr(guess_queries, "release", busy)
    ports = replace(node.ports, later=later.append)
    node.hasher.problem = HashingBusy()
    with pytest.raises(HashingBusy):
        submit(ports.for_guess, node.content, NewGuess(team, node.puzzle("one"), "owl", "k", ""))
    later[0]()
    assert node.count("receipts", "reply IS NULL") == 1
