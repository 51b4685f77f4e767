"""The points of a solve, by value, time and order, in whole numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.scoring import points_for, reduced

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def points(scoring, value, hours=0.0, before=0, **settings):
    solved_at = NOON + timedelta(hours=hours)
    return points_for(scoring, value, unlocked_at=NOON, solved_at=solved_at, solved_before=before, **settings)


@pytest.mark.parametrize("value", [0, 1, 40, 1000])
def test_fixed_points_are_the_value_whatever_happens(value):
    assert points("fixed", value, hours=500, before=500) == value


@pytest.mark.parametrize(
    ("hours", "expected"), [(-1, 100), (0, 100), (6, 88), (12, 75), (18, 63), (24, 50), (24.001, 50), (1000, 50)]
)
def test_points_by_time_fall_in_a_straight_line_to_the_floor(hours, expected):
    assert points("time", 100, hours=hours) == expected


@pytest.mark.parametrize(
    ("value", "percent", "window", "hours", "expected"),
    [
        (100, 0, 3600, 0.5, 50),
        (100, 0, 3600, 2, 0),
        (100, 100, 3600, 2, 100),
        (41, 50, 3600, 1, 21),
        (3, 50, 3600, 1, 2),
        (1, 50, 3600, 1, 1),
        (1, 49, 3600, 1, 0),
        (100, 50, 0, 0, 50),
        (100, 250, 3600, 2, 100),
        (100, -10, 3600, 2, 0),
    ],
)
def test_floor_and_window_are_settings_and_halves_round_up(value, percent, window, hours, expected):
    settings = {"time_floor_percent": percent, "time_window_seconds": window}
    assert points("time", value, hours=hours, **settings) == expected


def test_a_half_point_less_a_moment_rounds_down():
    # 1 point an hour: after half an hour exactly 99.5, a microsecond later less.
    half_past, settings = timedelta(minutes=30), {"time_floor_percent": 0, "time_window_seconds": 100 * 3600}
    ask = {"unlocked_at": NOON, "solved_before": 0, **settings}
    assert points_for("time", 100, solved_at=NOON + half_past, **ask) == 100
    assert points_for("time", 100, solved_at=NOON + half_past + timedelta(microseconds=1), **ask) == 99


def test_without_a_known_unlock_the_full_value_counts():
    assert points_for("time", 100, unlocked_at=None, solved_at=NOON, solved_before=0) == 100


@pytest.mark.parametrize(
    ("before", "expected"), [(0, 100), (10, 100), (11, 90), (20, 90), (21, 85), (30, 85), (31, 75), (9999, 75)]
)
def test_points_by_order_fall_in_steps(before, expected):
    assert points("order", 100, before=before) == expected


@pytest.mark.parametrize(
    ("value", "before", "expected"), [(10, 21, 9), (5, 11, 5), (1, 31, 1), (2, 31, 2), (30, 21, 26)]
)
def test_points_by_order_round_half_up(value, before, expected):
    assert points("order", value, before=before) == expected


@given(st.integers(0, 10_000), st.integers(0, 100), st.integers(1, 10**6), st.integers(0, 10**7), st.integers(0, 10**7))
def test_points_by_time_never_rise_and_stay_between_floor_and_value(value, percent, window, early, late):
    def earned(seconds):
        ask = {"time_floor_percent": percent, "time_window_seconds": window}
        return points("time", value, hours=seconds / 3600, **ask)

    early, late = sorted((early, late))
    assert value >= earned(early) >= earned(late) >= value * percent // 100


@pytest.mark.parametrize(
    ("start", "hints", "is_close", "left"),
    [(40, 0, False, 40), (40, 1, False, 30), (40, 2, True, 10), (40, 3, True, 0), (5, 1, False, 0), (0, 9, True, 0)],
)
def test_hints_and_close_answers_take_ten_each_and_never_more_than_there_is(start, hints, is_close, left):
    assert reduced(start, points_hints=hints, is_close_answer=is_close) == left


def test_a_negative_value_earns_nothing():
    assert points("fixed", -5) == 0
