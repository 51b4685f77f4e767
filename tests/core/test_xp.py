"""How XP grows with time and solves, and what it buys."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import xp as core_xp
from app.core.model import Content, Level, Puzzle

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(hours):
    return NOON + timedelta(hours=hours)


def accrue(xp=0, periods=0, *, now, first=0, starts=-10, ends=1000, period=3600):
    moments = {"first_guess_at": first, "now": now, "starts_at": starts, "ends_at": ends}
    aware = {name: None if hours is None else at(hours) for name, hours in moments.items()}
    found = core_xp.accrue(xp, periods, **aware, period_seconds=period)
    waits = None if found.next_at is None else math.ceil((found.next_at - at(now)).total_seconds())
    assert waits == found.seconds_to_next
    return replace(found, next_at=None)


@pytest.mark.parametrize(
    ("now", "xp", "seconds"),
    [(0, 0, 3600), (0.5, 0, 1800), (0.9999, 0, 1), (1, 10, 3600), (1.25, 10, 2700), (9.5, 90, 1800), (10, 100, None)],
)
def test_each_full_hour_since_the_first_guess_adds_ten(now, xp, seconds):
    grown = accrue(now=now)
    assert (grown.xp, grown.added, grown.seconds_to_next) == (xp, xp, seconds)


def test_before_the_first_guess_nothing_grows():
    assert accrue(now=50, first=None) == core_xp.Accrual(0, 0, 0, None)


def test_what_was_credited_is_not_credited_again():
    assert accrue(10, 1, now=1.5) == core_xp.Accrual(10, 1, 0, 1800)
    assert accrue(10, 1, now=3) == core_xp.Accrual(30, 3, 20, 3600)


def test_overflow_is_lost():
    assert accrue(95, 2, now=3) == core_xp.Accrual(100, 3, 5, None)


def test_hours_that_pass_at_the_cap_do_not_come_back_after_spending():
    full = accrue(100, 10, now=15)
    assert (full.xp, full.periods, full.added) == (100, 15, 0)
    left = core_xp.spend(full.xp, "skip")
    assert accrue(left, full.periods, now=15.5) == core_xp.Accrual(25, 15, 0, 1800)
    assert accrue(left, full.periods, now=16).xp == 35


def test_time_before_the_start_does_not_count():
    assert accrue(now=3, first=-5, starts=0).xp == 30
    assert accrue(now=-1, first=-5, starts=0) == core_xp.Accrual(0, 0, 0, 7200)


def test_nothing_grows_after_the_end():
    assert accrue(now=100, ends=3) == core_xp.Accrual(30, 3, 30, None)
    assert accrue(now=100, ends=3.99).xp == 30
    assert accrue(30, 3, now=100, ends=3).added == 0


def test_no_next_ten_is_promised_that_the_end_would_cut_off():
    assert accrue(now=2.5, ends=2.75).seconds_to_next is None
    assert accrue(now=2.5, ends=3).seconds_to_next == 1800


def test_a_hunt_without_start_and_end_grows_all_the_same():
    assert accrue(now=2, starts=None, ends=None).xp == 20


def test_the_period_can_be_shortened():
    assert accrue(now=1 / 60, period=10).xp == 60


def test_a_clock_set_back_takes_nothing_away():
    assert accrue(50, 5, now=2) == core_xp.Accrual(50, 5, 0, 4 * 3600)


def test_more_than_the_cap_given_by_hand_is_left_alone():
    assert accrue(130, 0, now=5).xp == 130
    assert core_xp.after_solve(130) == 130


@pytest.mark.parametrize(("xp", "expected"), [(0, 5), (94, 99), (95, 100), (96, 100), (100, 100)])
def test_a_solve_adds_five_up_to_the_cap(xp, expected):
    assert core_xp.after_solve(xp) == expected


@given(st.lists(st.integers(0, 20 * 3600), max_size=15))
def test_looking_more_often_changes_nothing(seconds):
    xp, periods, added = 0, 0, 0
    for second in sorted(seconds):
        step = accrue(xp, periods, now=second / 3600)
        xp, periods, added = step.xp, step.periods, added + step.added
    assert xp == added == accrue(now=max(seconds, default=0) / 3600).xp


@given(st.lists(st.tuples(st.integers(0, 20 * 3600), st.sampled_from(["solve", "hint", "skip", "close"])), max_size=12))
def test_xp_is_what_a_second_by_second_replay_gives(steps):
    def replay():
        xp, events = 0, [(hour * 3600, 0, "hour") for hour in range(1, 21)]
        for _, _, what in sorted(events + [(second, 1 + place, what) for place, (second, what) in enumerate(steps)]):
            xp = min(100, xp + {"hour": 10, "solve": 5}[what]) if what in ("hour", "solve") else bought(xp, what)
        return xp

    def bought(xp, what):
        price = {"hint": 50, "skip": 75, "close": 100}[what]
        return xp - price if xp >= price else xp

    xp = periods = 0
    for second, what in sorted(steps, key=lambda step: step[0]):
        grown = accrue(xp, periods, now=second / 3600)
        xp, periods = grown.xp, grown.periods
        xp = core_xp.after_solve(xp) if what == "solve" else bought(xp, what)
    assert accrue(xp, periods, now=20).xp == replay()


@pytest.mark.parametrize(("verb", "cost"), [("hint", 50), ("skip", 75), ("close", 100)])
def test_a_power_up_costs_its_price_and_is_refused_one_below(verb, cost):
    assert core_xp.spend(cost, verb) == 0
    with pytest.raises(core_xp.InsufficientXp) as refusal:
        core_xp.spend(cost - 1, verb)
    assert (refusal.value.have, refusal.value.need) == (cost - 1, cost)


def content():
    puzzles = [
        Puzzle(id=id, key=f"{id}-slug", title=id, level_id="l", is_meta=id == "meta") for id in ("a", "b", "meta")
    ]
    return Content(
        version=1, levels=(Level(id="l", key="l", title="L", metas=("b",)),), puzzles=tuple(puzzles), divisions=()
    )


@pytest.mark.parametrize(("id", "anchor"), [("meta", None), ("b", None), ("a", "a"), ("a", "a-slug")])
def test_metas_and_the_anchor_cannot_be_skipped(id, anchor):
    with pytest.raises(core_xp.PuzzleCannotBeSkipped):
        core_xp.check_skippable(content(), content().puzzle(id), anchor)


@pytest.mark.parametrize("anchor", [None, "", "b", "gone"])
def test_an_ordinary_puzzle_can_be_skipped(anchor):
    core_xp.check_skippable(content(), content().puzzle("a"), anchor)
