"""Start, end, freeze and the hint schedule, each to the moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.hunt_settings import HuntSettings
from app.core.schedule import MAX_GRANTS, HintSchedule, due_grants

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def hours(count):
    return NOON + timedelta(hours=count)


@pytest.mark.parametrize(
    ("now", "starts_at", "ends_at", "state"),
    [
        (NOON - TICK, NOON, hours(2), "before"),
        (NOON, NOON, hours(2), "running"),
        (hours(2) - TICK, NOON, hours(2), "running"),
        (hours(2), NOON, hours(2), "ended"),
        (NOON, None, None, "running"),
        (NOON, None, NOON, "ended"),
        (hours(10_000), NOON, None, "running"),
        (NOON - TICK, NOON, hours(-1), "before"),
        (NOON, NOON, hours(-1), "ended"),
    ],
)
def test_the_state_changes_exactly_at_start_and_end(now, starts_at, ends_at, state):
    assert HuntSettings(starts_at=starts_at, ends_at=ends_at).state_at(now) == state


@pytest.mark.parametrize(
    ("freeze_at", "expected"), [(None, False), (NOON + TICK, False), (NOON, True), (hours(-1), True)]
)
def test_the_board_is_frozen_from_its_moment_on(freeze_at, expected):
    assert HuntSettings(freeze_at=freeze_at).is_frozen_at(NOON) is expected


EVERY_SIX = HintSchedule(first_at=hours(2), every_hours=6)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOON, []),
        (hours(2) - TICK, []),
        (hours(2), [(1, hours(2))]),
        (hours(8) - TICK, [(1, hours(2))]),
        (hours(8), [(1, hours(2)), (2, hours(8))]),
        (hours(15), [(1, hours(2)), (2, hours(8)), (3, hours(14))]),
    ],
)
def test_credits_are_due_at_the_first_time_and_every_n_hours_after(now, expected):
    assert due_grants(NOON, EVERY_SIX, now) == expected


def test_what_was_given_already_is_not_due_again():
    assert due_grants(NOON, EVERY_SIX, hours(15), already=2) == [(3, hours(14))]
    assert due_grants(NOON, EVERY_SIX, hours(15), already=7) == []


def test_nothing_is_granted_after_the_end():
    assert due_grants(NOON, EVERY_SIX, hours(100), ends_at=hours(8)) == [(1, hours(2)), (2, hours(8))]
    assert due_grants(NOON, EVERY_SIX, hours(100), ends_at=hours(1)) == []


def test_without_a_first_time_the_schedule_begins_with_the_hunt():
    assert due_grants(NOON, HintSchedule(None, 4), hours(5)) == [(1, NOON), (2, hours(4))]
    assert due_grants(None, HintSchedule(None, 4), hours(5)) == []


def test_a_schedule_without_repetition_grants_once():
    assert due_grants(None, HintSchedule(NOON, 0), hours(500)) == [(1, NOON)]


def test_a_schedule_backwards_in_time_is_refused():
    with pytest.raises(ValueError):
        HintSchedule(NOON, -1)


def test_a_first_time_years_ago_does_not_flood_anybody():
    grants = due_grants(NOON, HintSchedule(hours(-1_000_000), 1), NOON)
    assert len(grants) == MAX_GRANTS
    assert due_grants(NOON, HintSchedule(hours(-1_000_000), 1), NOON, already=MAX_GRANTS) == []


@given(st.lists(st.integers(0, 6000), max_size=20), st.integers(1, 48))
def test_however_often_one_looks_each_grant_is_due_once(minutes, every):
    seen = []
    for minute in sorted(minutes):
        seen += due_grants(None, HintSchedule(NOON, every), NOON + timedelta(minutes=minute), already=len(seen))
    last = max(minutes, default=None)
    expected = [] if last is None else due_grants(None, HintSchedule(NOON, every), NOON + timedelta(minutes=last))
    assert seen == expected
