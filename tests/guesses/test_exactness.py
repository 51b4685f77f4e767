"""Whatever a team does in whatever order: the totals equal the ledgers, and nobody has more than there can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.core.answers import InvalidAnswer
from app.core.hint_rules import HintNotYetAvailable, NoCreditsLeft, NoHintLeft
from app.core.schedule import HintSchedule
from app.core.xp import CAP, InsufficientXp, PuzzleCannotBeSkipped
from app.database import ledger
from app.guesses.guards import AlreadySolved, HuntOver, locked_team
from app.guesses.limits import OutOfGuesses
from app.guesses.solve import settle_xp
from app.guesses.submission import submit
from app.hints import powerups
from app.hints.credits import grant_credits, run_schedule
from app.hints.hints import HintOutOfOrder, take_hint
from tests.support.clock import FixedClock
from tests.support.powers import asked, hint_wish, power_content, skip_wish
from tests.support.world import World, at_once, world

NO = (
    AlreadySolved, HintNotYetAvailable, HintOutOfOrder, HuntOver, InsufficientXp, InvalidAnswer, NoCreditsLeft,
    NoHintLeft, OutOfGuesses, PuzzleCannotBeSkipped,
)  # fmt: skip
# Without shrinking: on a database that would take minutes, and the moves of a failing example are few anyway.
QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
NUMBERS = count(1)

KEYS = st.sampled_from(["one", "two", "boss", "deep"])
TEXTS = st.sampled_from(["owl", "fox", "bear", "eel", "owk", "fx", "crow", "hen", "?", "foxx"])
ORDERS = st.sampled_from([None, 1, 2, 3, 4])


@dataclass(frozen=True)
class Move:
    """One thing that happens; ``words`` say what, for a failing example."""

    words: tuple[Any, ...]

    def __call__(self, node: World, team: int) -> object:
        verb, *rest = self.words
        return ACTS[verb](node, team, *rest)


ACTS: dict[str, Callable[..., object]] = {
    "guess": lambda node, team, key, text: submit(node.ports.for_guess, node.content, asked(node, team, text, key)),
    "take": lambda node, team, key, pay, order: take_hint(
        node.for_hunt, node.content, hint_wish(node, team, key, pay, order)
    ),
    "hint": lambda node, team, key, order: powerups.use_hint(
        node.for_hunt, node.content, hint_wish(node, team, key, "xp", order)
    ),
    "skip": lambda node, team, key, once: powerups.skip(node.for_hunt, node.content, skip_wish(node, team, key, once)),
    "close": lambda node, team, key, text: powerups.use_close_answer(
        node.ports, node.content, asked(node, team, text, key)
    ),
    "wait": lambda node, team, seconds: node.clock.advance(seconds),
    "grant": lambda node, team, amount: grant_credits(node.for_hunt, f"team:{team}", amount, "ada"),
    "schedule": lambda node, team: run_schedule(node.for_hunt),
    "end": lambda node, team: node.settle(ends_at=node.clock.now()),
}


def moves(*kinds: st.SearchStrategy[tuple[Any, ...]]) -> st.SearchStrategy[Move]:
    return st.one_of(*kinds).map(Move)


PLAY = (
    st.tuples(st.just("guess"), KEYS, TEXTS),
    st.tuples(st.just("take"), KEYS, st.sampled_from(["credit", "points"]), ORDERS),
    st.tuples(st.just("hint"), KEYS, ORDERS),
    st.tuples(st.just("skip"), KEYS, st.sampled_from(["", "k1", "k2"])),
    st.tuples(st.just("close"), KEYS, TEXTS),
    st.tuples(st.just("grant"), st.integers(-3, 3).filter(bool)),
)
TIME = (
    st.tuples(st.just("wait"), st.sampled_from([1, 61, 1800, 3600, 4 * 3600, 12 * 3600, -300])),
    st.tuples(st.just("schedule")),
    st.tuples(st.just("end")),
)
LONG_WAIT = st.tuples(st.just("wait"), st.sampled_from([5 * 3600, 11 * 3600]))


@pytest.fixture
def nodes(database: str, clock: FixedClock) -> Iterator[tuple[World, World]]:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        yield a, b


def begin(nodes: tuple[World, World], scoring: str) -> int:
    """A fresh team in a hunt that begins now."""
    for node in nodes:
        now = node.clock.now()
        node.settle(starts_at=now, ends_at=None, hint_schedule=HintSchedule(now, 3), scoring=scoring)
        node.settle(xp=True, points_hints=True)
    return nodes[0].add_team(f"Team{next(NUMBERS)}")


def check_books(node: World, team: int) -> None:
    row = node.row(team)
    assert ledger.compare(node.database) == []
    assert 0 <= row.xp <= CAP
    assert row.hint_credits >= 0
    solves = dict(node.all(f"SELECT puzzle_id, points FROM solves WHERE team_id = {team}"))
    skips = {puzzle for (puzzle,) in node.all(f"SELECT puzzle_id FROM skips WHERE team_id = {team}")}
    assert len(solves) == node.count("solves", f"team_id = {team}")
    assert not skips & set(solves)
    assert sum(solves.values()) == row.score
    assert min(solves.values(), default=0) >= 0
    earned = {
        puzzle for (puzzle,) in node.all(f"SELECT puzzle_id FROM ledger WHERE team_id = {team} AND kind = 'points'")
    }
    assert not skips & earned


@QUICK
@given(
    scoring=st.sampled_from(["fixed", "time", "order"]),
    played=st.lists(moves(*PLAY, *PLAY, LONG_WAIT, *TIME), min_size=4, max_size=16),
)
def test_any_course_of_play_leaves_the_books_exact(nodes: Any, scoring: str, played: list[Move]) -> None:
    team = begin(nodes, scoring)
    for number, move in enumerate(played):
        before = nodes[0].row(team)
        try:
            move(nodes[number % 2], team)
        except NO:
            # The window of guesses is all that a refusal may use up.
            after = nodes[0].row(team)
            assert (after.score, after.hint_credits) == (before.score, before.hint_credits)
            assert after.xp == before.xp
        check_books(nodes[0], team)


@settings(QUICK, max_examples=5)
@given(played=st.lists(moves(*PLAY), min_size=6, max_size=10))
def test_moves_at_the_same_moment_on_two_nodes_leave_the_books_exact(nodes: Any, played: list[Move]) -> None:
    team = begin(nodes, "fixed")
    submit(nodes[0].for_guess, nodes[0].content, asked(nodes[0], team, "hen"))
    nodes[0].clock.advance(11 * 3600)
    run_schedule(nodes[0].ports.for_hunt)
    results = at_once([lambda n=n, move=move: move(nodes[n % 2], team) for n, move in enumerate(played)])
    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, NO)] == []
    check_books(nodes[0], team)


@settings(QUICK, max_examples=8)
@given(waits=st.lists(st.integers(-2_000, 20_000), min_size=1, max_size=8))
def test_xp_is_ten_for_each_full_hour_whenever_one_looks(nodes: Any, waits: list[int]) -> None:
    team = begin(nodes, "fixed")
    node = nodes[0]
    submit(node.ports.for_guess, node.content, asked(node, team, "hen"))
    began, furthest = node.clock.now(), node.clock.now()
    for seconds in waits:
        node.clock.advance(seconds)
        furthest = max(furthest, node.clock.now())
        assert settled_xp(node, team) == min(CAP, 10 * int((furthest - began).total_seconds() // 3600))
        check_books(node, team)


def settled_xp(node: World, team: int) -> int:
    """The XP after it was brought up to the moment."""
    with node.database.writing() as connection:
        settle_xp(connection, node.in_force, locked_team(connection, team), node.clock.now())
    return int(node.row(team).xp)


def test_twenty_first_solvers_by_close_answer_share_the_order_exactly(nodes: Any) -> None:
    for node in nodes:
        node.settle(scoring="order", xp=True)
    node = nodes[0]
    teams = [node.add_team(f"Team{next(NUMBERS)}") for _ in range(20)]
    with node.database.writing() as connection:
        for team in teams:
            ledger.book(connection, team, "xp", 100, "gift", node.clock.now())
    texts = ["owk", "owl"]  # a close answer earns ten less, and counts as a solver all the same
    results = at_once(
        [lambda n=n: ACTS["close"](nodes[n % 2], teams[n], "one", texts[n % 2]) for n in range(20)]
    )  # fmt: skip
    full = [
        reply["points"] + (10 if teams.index(team) % 2 == 0 else 0) for team, reply in zip(teams, results, strict=True)
    ]
    assert Counter(full) == {40: 11, 36: 9}
    assert ledger.compare(node.database) == []
