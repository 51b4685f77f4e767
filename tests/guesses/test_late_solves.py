"""Solves between the old end and a later one, on both databases: they count as of when they were made, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.accounts.roles import ban
from app.boards.leaderboard import board
from app.core.xp import CAP
from app.database import ledger
from app.guesses.adjustments import Wish, take_solve
from app.guesses.late_solves import count_late_solves, find_late_solves
from app.guesses.submission import NewGuess, submit
from tests.support.clock import NOON, FixedClock
from tests.support.world import World, at_once, small_content, world

HOUR = timedelta(hours=1)


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    """The hunt began an hour ago and ends in one."""
    with world(database, clock) as one:
        one.settle(starts_at=NOON - HOUR, ends_at=NOON + HOUR)
        yield one


def say(node: World, team: int, text: str, key: str = "one") -> dict[str, Any]:
    return submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), text, "", ""))


def count(node: World) -> list[tuple[str, str, int]]:
    found = count_late_solves(node.for_hunt, node.translate, "admin")
    return [(one.late.display_name, one.puzzle.key, one.points) for one in found]


def late_owls(node: World) -> int:
    """A team that solves one puzzle in time and another half an hour after the end."""
    owls = node.add_team("Owls")
    say(node, owls, "owl")
    node.clock.advance(1.5 * 3600)
    assert say(node, owls, "fox", "two")["points"] == 0
    return owls


def test_nothing_is_offered_while_the_end_stays(node: World) -> None:
    late_owls(node)
    assert (find_late_solves(node.database, node.in_force), count(node)) == ([], [])


@pytest.mark.parametrize("ends_at", [NOON + 24 * HOUR, None])
def test_after_a_later_end_late_solves_earn_what_they_would_have_earned_then(node: World, ends_at: Any) -> None:
    owls, solved_at = late_owls(node), NOON + 1.5 * HOUR
    node.clock.advance(3600)
    node.settle(ends_at=ends_at)
    assert [(one.display_name, one.puzzle_id) for one in find_late_solves(node.database, node.in_force)] == [
        ("The Owls", "recTwo")
    ]
    assert node.row(owls).score == 40
    assert count(node) == [("The Owls", "two", 60)]
    row = node.row(owls)
    assert (row.score, row.last_points_at) == (100, solved_at)
    booked = "SELECT amount, reason, actor FROM ledger WHERE kind = 'points' ORDER BY id"
    assert node.all(booked) == [(40, "solve", ""), (60, "late solve counted", "admin")]
    assert node.count("solves", "is_late = false AND points = 60") == 1
    assert ledger.compare(node.database) == []
    shown = board(
        node.database, node.in_force, node.clock, node.content, node.content.divisions[0], is_frozen=False
    ).rows[0]
    assert (shown.score, shown.solved) == (100, 2)


def test_only_what_lies_before_the_new_end_is_counted(node: World) -> None:
    owls = late_owls(node)
    node.settle(ends_at=node.clock.now())
    assert count(node) == []
    node.settle(ends_at=node.clock.now() + timedelta(microseconds=1))
    assert count(node) == [("The Owls", "two", 60)]
    assert node.row(owls).score == 100


def test_counting_twice_changes_nothing(node: World) -> None:
    owls = late_owls(node)
    node.settle(ends_at=None)
    count(node)
    before = (node.row(owls), node.count("ledger"), node.count("audit"), len(node.ears.heard))
    assert count(node) == []
    assert (node.row(owls), node.count("ledger"), node.count("audit"), len(node.ears.heard)) == before


def test_counting_on_several_nodes_at_once_counts_each_once(database: str, node: World) -> None:
    owls, bats = late_owls(node), node.add_team("Bats")
    say(node, bats, "fox", "two")
    with world(database, node.clock) as other:
        for one in (node, other):
            one.settle(starts_at=NOON - HOUR, ends_at=None, scoring="order")
        found = [gain for gains in at_once([lambda: count(node), lambda: count(other)] * 3) for gain in gains]
    assert sorted(found) == [("The Bats", "two", 60), ("The Owls", "two", 60)]
    assert (node.row(owls).score, node.row(bats).score) == (100, 60)
    assert node.count("ledger", "reason = 'late solve counted'") == 2
    assert ledger.compare(node.database) == []


def test_counting_while_the_team_solves_on_keeps_the_books(node: World) -> None:
    owls = late_owls(node)
    node.settle(ends_at=None)
    at_once([lambda: count(node), lambda: say(node, owls, "bear", "boss"), lambda: count(node)])
    assert node.row(owls).score == 40 + 60 + 100
    assert ledger.compare(node.database) == []


def test_the_order_of_solving_decides_not_that_of_counting(node: World) -> None:
    node.settle(scoring="order")
    node.clock.advance(3600)
    for number in range(12):
        say(node, node.add_team(f"Late{number}"), "fox", "two")
        node.clock.advance(1)
    node.settle(ends_at=None)
    after = say(node, node.add_team("After"), "fox", "two")
    assert after["points"] == 54
    assert [points for _, _, points in count(node)] == [60] * 11 + [54]


def test_solves_of_one_moment_have_an_order_too(node: World) -> None:
    node.settle(scoring="order")
    node.clock.advance(3600)
    for number in range(12):
        say(node, node.add_team(f"Late{number}"), "fox", "two")
    node.settle(ends_at=None)
    assert [points for _, _, points in count(node)] == [60] * 11 + [54]


def test_falling_values_are_those_of_the_moment_of_the_solve(node: World) -> None:
    node.settle(scoring="time", time_window=2 * 3600, time_floor=0)
    owls = node.add_team("Owls", created_at=NOON)
    node.clock.advance(1.5 * 3600)
    say(node, owls, "fox", "two")
    node.clock.advance(24 * 3600)
    node.settle(ends_at=None)
    assert count(node) == [("The Owls", "two", 15)]


def test_xp_come_as_of_the_solve_and_before_what_time_has_added_since(node: World) -> None:
    node.settle(xp=True)
    owls = late_owls(node)
    node.clock.advance(100 * 3600)
    node.settle(ends_at=None)
    count(node)
    booked = node.all("SELECT amount, reason FROM ledger WHERE kind = 'xp' ORDER BY id")
    # Five for the first solve, ten for the hour until the second, five for it.
    assert booked == [(5, "solve"), (10, "time"), (5, "solve")]
    say(node, owls, "bear", "boss")
    assert node.row(owls).xp == CAP
    assert ledger.compare(node.database) == []


def test_hints_and_close_answers_that_were_paid_with_points_are_taken_off(node: World) -> None:
    node.settle(xp=True)
    owls = node.add_team("Owls", xp=CAP)
    with node.database.writing() as connection:
        ledger.book(connection, owls, "xp", 0, "grant", NOON)
    node.clock.advance(2 * 3600)
    bought = NewGuess(owls, node.puzzle("one"), "crow", "", "", is_close_answer=True)
    assert submit(node.ports.for_guess, node.content, bought)["verdict"] == "correct"
    node.settle(ends_at=None)
    assert count(node) == [("The Owls", "one", 30)]


def test_each_team_is_told_once_and_each_solve_is_in_the_audit(node: World) -> None:
    owls = late_owls(node)
    say(node, owls, "bear", "boss")
    node.settle(ends_at=None)
    node.ears.heard.clear()
    count(node)
    told = [(audience, event) for audience, event, _ in node.ears.heard]
    assert told == [(f"team:{owls}", event) for event in ("solve", "solve", "score", "alert")]
    assert node.ears.events("score")[0]["score"] == 200
    assert "“Two”, “Boss”" in node.ears.events("alert")[0]["text"]
    assert node.count("broadcasts", f"audience = 'team:{owls}'") == 1
    acts = node.all("SELECT action, subject, actor FROM audit ORDER BY id")
    assert acts[:2] == [("count late solve", f"{owls}:rec{name}", "admin") for name in ("Two", "Boss")]


def test_a_banned_team_and_a_puzzle_that_has_left_earn_nothing(node: World) -> None:
    owls, bats = late_owls(node), node.add_team("Bats")
    say(node, bats, "owl")
    ban(node.database, node.clock, node.broadcaster, owls, "admin")
    node.settle(ends_at=None)
    content = small_content()
    node.in_force.put(small_content(2, puzzles=content.puzzles[1:]))
    assert count(node) == []
    node.in_force.put(small_content(3))
    assert count(node) == [("The Bats", "one", 40)]


def test_a_counted_solve_can_be_taken_away_again(node: World) -> None:
    node.settle(xp=True)
    owls = late_owls(node)
    node.settle(ends_at=None)
    count(node)
    assert take_solve(node.for_hunt, node.content, "recTwo", Wish(owls, "not theirs", "admin")) == 60
    assert (node.row(owls).score, count(node)) == (40, [])
    assert ledger.compare(node.database) == []


def test_long_titles_of_many_puzzles_fit_into_the_message(node: World) -> None:
    content = small_content()
    long = [replace(content.puzzles[0], id=f"rec{n}", key=f"p{n}", title=f"{n} " + "x\x07" * 240) for n in range(12)]
    node.in_force.put(small_content(2, puzzles=tuple(long)))
    owls = node.add_team("Owls")
    node.clock.advance(2 * 3600)
    for number in range(12):
        say(node, owls, "owl", f"p{number}")
        node.clock.advance(60)
    node.settle(ends_at=None)
    assert len(count(node)) == 12
    (told,) = node.ears.events("alert")
    assert "and 2 more" in told["text"]
    assert "480 points" in told["text"]
