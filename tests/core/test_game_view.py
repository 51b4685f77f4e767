"""The base moment of a team and what a move opens, as the view of the hunt gives them."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.game_view import GameView
from app.core.hunt_settings import HuntSettings
from app.core.model import Content, Level, Progress, Puzzle

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST, SECOND = Level("l1", "one", "One", order=1), Level("l2", "two", "Two", order=2, prereq=("a",))
A, B, C = Puzzle("a", "a", "A", "l1"), Puzzle("b", "b", "B", "l1", prereq=("a",)), Puzzle("c", "c", "C", "l2")
CONTENT = Content(version=1, levels=(FIRST, SECOND), puzzles=(A, B, C), divisions=())


def view(now=NOON, registered_at=NOON - HOUR, unlocked=(), **settings):
    progress = Progress("open", registered_at, unlocked=dict(unlocked))
    return GameView(CONTENT, HuntSettings(**settings), now, progress)


@pytest.mark.parametrize(
    ("starts_at", "opened_at"),
    [(None, NOON - HOUR), (NOON - 2 * HOUR, NOON - HOUR), (NOON + HOUR, NOON + HOUR)],
)
def test_nothing_opens_before_the_start_or_the_registration(starts_at, opened_at):
    assert view(starts_at=starts_at).opened_at(A) == opened_at


def test_a_recorded_opening_stands_and_a_closed_puzzle_counts_as_opened_now():
    assert view(starts_at=NOON, unlocked={"a": NOON - HOUR}).opened_at(A) == NOON - HOUR
    assert view().opened_at(C) == NOON


@pytest.mark.parametrize("is_skip", [False, True])
def test_a_solve_or_a_skip_opens_levels_then_puzzles(is_skip):
    assert view().opened_by(A, is_skip=is_skip) == (SECOND, B, C)


def test_the_anchor_of_the_settings_holds_until_it_is_solved():
    seen = view(anchor_puzzle="c")
    assert (seen.open_levels, seen.open_in(FIRST), seen.is_puzzle_open(A)) == (frozenset(), (), False)
    assert view().open_in(FIRST) == (A,)
    assert not view().is_level_open(SECOND)
