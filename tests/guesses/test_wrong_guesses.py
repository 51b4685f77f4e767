"""Common wrong guesses: the same list whatever their number, of which few are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.core.answers import normalise
from app.database.schema import Guess
from app.guesses import wrong_guesses
from app.guesses.verdict import guess_digest
from app.guesses.wrong_guesses import CommonGuess, common_wrong_guesses
from tests.support.clock import FixedClock
from tests.support.world import World, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def store(node: World, *guesses: tuple[int, str], verdict: str = "wrong", digest: str = "") -> None:
    puzzle = node.puzzle("one")
    rows = [
        {
            "team_id": team, "puzzle_id": puzzle.id, "guessed_at": node.clock.now(), "verdict": verdict,
            "text": None if verdict == "correct" else text, "message_html": "", "address": "",
            "digest": digest or guess_digest(node.secret, puzzle, normalise(text)),
        }
        for team, text in guesses
    ]  # fmt: skip
    with node.database.writing() as connection:
        connection.execute(Guess.__table__.insert(), rows)


def common(node: World) -> tuple[CommonGuess, ...]:
    return common_wrong_guesses(node.database, node.verdicts, node.secret, node.puzzle("one"))


def shown(node: World) -> list[tuple[str, int, int]]:
    return [(one.text, one.teams, one.times) for one in common(node)]


def test_spellings_of_one_guess_are_merged_and_the_usual_one_is_shown(node: World) -> None:
    a, b, c, d = (node.add_team(name) for name in "abcd")
    store(node, (a, "A Hen"), (b, "hen!"), (c, "a hen"), (d, "A Hen"), (d, "hawk"))
    assert shown(node) == [("A Hen", 3, 3), ("hen!", 1, 1), ("hawk", 1, 1)]


def test_a_team_counts_once_under_old_and_new_hashes_of_the_puzzle(node: World) -> None:
    a, b = node.add_team("a"), node.add_team("b")
    store(node, (a, "hen"), (b, "hen"))
    store(node, (a, "hen"), digest="d" * 64)
    assert shown(node) == [("hen", 2, 3)]


def test_banned_teams_are_not_counted_and_near_guesses_are_marked(node: World) -> None:
    a, b = node.add_team("a"), node.add_team("b", is_banned=True)
    store(node, (a, "crow"), (b, "crow"), verdict="close")
    store(node, (b, "hawk"))
    assert [(one.text, one.teams, one.is_near) for one in common(node)] == [("crow", 1, True)]


def test_what_others_got_right_is_not_shown(node: World) -> None:
    a, b = node.add_team("a"), node.add_team("b")
    store(node, (a, "hen"), digest="d" * 64)
    store(node, (b, "hen"), verdict="correct")
    assert shown(node) == []


def test_those_of_most_teams_come_first_however_often_others_were_made(
    node: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wrong_guesses, "AT_ONCE", 1)
    monkeypatch.setattr(wrong_guesses, "SHOWN", 2)
    teams = [node.add_team(f"t{number}") for number in range(4)]
    banned = [node.add_team(f"x{number}", is_banned=True) for number in range(9)]
    store(node, *((team, "heron") for team in banned), (teams[0], "heron"))
    store(node, *((team, "hawk") for team in teams[:2]), *((team, "hen") for team in teams))
    assert shown(node) == [("hen", 4, 4), ("hawk", 2, 2)]


def test_of_many_guesses_only_those_that_may_be_shown_are_read(node: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong_guesses, "MOST_DIGESTS", 40)
    monkeypatch.setattr(wrong_guesses.wrong_guess_queries, "MOST_DIGESTS", 40)
    teams = [node.add_team(f"t{number}") for number in range(60)]
    store(node, *((team, f"common {word}") for team in teams for word in range(60)))
    store(node, *((team, f"own {team} {word}") for team in teams for word in range(40)))
    with rows_read() as counted:
        assert [one.teams for one in common(node)] == [60] * 40
    assert counted[0] < 200, "as many as are shown, not all 6,000"


@contextmanager
def rows_read() -> Iterator[list[int]]:
    """How many rows the statements meanwhile have brought, where the driver tells."""
    counted = [0]

    def note(_connection: Any, cursor: Any, *_rest: Any) -> None:
        counted[0] += max(0, cursor.rowcount)

    event.listen(Engine, "after_cursor_execute", note)
    try:
        yield counted
    finally:
        event.remove(Engine, "after_cursor_execute", note)
