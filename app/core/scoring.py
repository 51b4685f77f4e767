"""Points in integers and fractions."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal

Scoring = Literal["fixed", "time", "order"]

POINTS_HINT_PRICE = 10
CLOSE_ANSWER_PRICE = 10

# (maximum number of earlier solves, per cent of the value)
_ORDER_STEPS = ((10, 100), (20, 90), (30, 85))
_ORDER_REST = 75


def points_for(
    scoring: Scoring,
    value: int,
    *,
    unlocked_at: datetime | None,
    solved_at: datetime,
    solved_before: int,
    time_floor_percent: int = 50,
    time_window_seconds: int = 24 * 3600,
) -> int:
    """Before deductions, rounded half up, at least 0.

    ``fixed``: the value. ``time``: falls linearly to the floor. ``order``: by earlier solves.
    """
    if scoring == "time":
        share = _share_by_time(unlocked_at, solved_at, time_floor_percent, time_window_seconds)
    elif scoring == "order":
        share = Fraction(_percent_by_order(solved_before), 100)
    else:
        share = Fraction(1)
    return max(0, math.floor(value * share + Fraction(1, 2)))


def reduced(points: int, *, points_hints: int = 0, is_close_answer: bool = False) -> int:
    """Minus 10 a hint for points, 10 for a close answer; at least 0."""
    off = POINTS_HINT_PRICE * points_hints + CLOSE_ANSWER_PRICE * is_close_answer
    return max(0, points - off)


def _share_by_time(unlocked_at: datetime | None, solved_at: datetime, floor_percent: int, window: int) -> Fraction:
    floor = Fraction(min(100, max(0, floor_percent)), 100)
    return 1 - (1 - floor) * _elapsed(unlocked_at, solved_at, window)


def _elapsed(unlocked_at: datetime | None, solved_at: datetime, window_seconds: int) -> Fraction:
    """0 to 1, exact to the microsecond."""
    if unlocked_at is None:
        return Fraction(0)
    if window_seconds <= 0:
        return Fraction(1)
    gone = (solved_at - unlocked_at) // timedelta(microseconds=1)
    return min(Fraction(1), max(Fraction(0), Fraction(gone, window_seconds * 1_000_000)))


def _percent_by_order(solved_before: int) -> int:
    return next((percent for most, percent in _ORDER_STEPS if solved_before <= most), _ORDER_REST)
