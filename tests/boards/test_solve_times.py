"""Quartiles of the times from opening to solve, and which solves came from the meta."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.boards.solve_times import Quartiles, backsolves, metas_of, quartiles
from tests.support.clock import NOON
from tests.support.small_hunt import CONTENT, FIRST, META


def minutes(*counts: float) -> list[timedelta]:
    return [timedelta(minutes=count) for count in counts]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([5], (5, 5, 5)),
        ([1, 2], (1.25, 1.5, 1.75)),
        ([3, 1, 2], (1.5, 2, 2.5)),
        ([4, 1, 3, 2], (1.75, 2.5, 3.25)),
        ([1, 2, 3, 4, 5], (2, 3, 4)),
        ([-3, 1], (0.25, 0.5, 0.75)),
    ],
)
def test_quartiles_stand_between_the_values_around_them(times: list[float], expected: tuple[float, ...]) -> None:
    assert quartiles(minutes(*times)) == Quartiles(*minutes(*expected), len(times))


def test_without_times_there_are_no_quartiles() -> None:
    assert quartiles([]) is None


def test_a_backsolve_is_a_solve_after_the_meta_of_the_level() -> None:
    assert metas_of(CONTENT, FIRST) == {META.id}
    meta = {1: NOON, 2: NOON, 3: NOON}
    solved = {1: NOON - timedelta(minutes=1), 2: NOON, 3: NOON + timedelta(seconds=1), 4: NOON}
    assert backsolves(CONTENT, FIRST, solved, meta) == 1
    assert backsolves(CONTENT, FIRST, solved, {}) == 0
    assert backsolves(CONTENT, META, solved, {3: NOON}) == 0
