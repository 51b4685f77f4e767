"""Which hint is next, from when, and for how much."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core import hint_rules as hints_rules
from app.core.model import Hint, Puzzle

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
FIRST = Hint(id="h9", order=1, html="<p>Look.</p>")
SECOND = Hint(id="h1", order=2, html="<p>Count.</p>", cost=3, available_after=30)
THIRD = Hint(id="h5", order=2, html="<p>Read.</p>", cost=0)
PUZZLE = Puzzle(id="p", key="p", title="P", level_id="l", hints=(THIRD, SECOND, FIRST))


def minutes(count):
    return NOON + timedelta(minutes=count)


def test_hints_come_in_the_writers_order():
    assert hints_rules.in_order(PUZZLE) == (FIRST, SECOND, THIRD)


@pytest.mark.parametrize(
    ("taken", "expected"), [(set(), FIRST), ({"h9"}, SECOND), ({"h9", "h1"}, THIRD), ({"h1"}, FIRST), ({"old"}, FIRST)]
)
def test_the_next_hint_is_the_first_not_taken(taken, expected):
    assert hints_rules.next_hint(PUZZLE, taken) == expected


def test_when_all_are_taken_there_is_none_left():
    with pytest.raises(hints_rules.NoHintLeft):
        hints_rules.next_hint(PUZZLE, {"h9", "h1", "h5"})
    with pytest.raises(hints_rules.NoHintLeft):
        hints_rules.next_hint(Puzzle(id="p", key="p", title="P", level_id="l"), ())


def test_a_hint_with_a_delay_is_refused_until_its_very_moment():
    with pytest.raises(hints_rules.HintNotYetAvailable) as refusal:
        hints_rules.hint_to_take(PUZZLE, {"h9"}, NOON, minutes(30) - timedelta(microseconds=1))
    assert refusal.value.at == minutes(30)
    assert hints_rules.hint_to_take(PUZZLE, {"h9"}, NOON, minutes(30)) == SECOND


def test_a_hint_without_a_delay_can_be_had_at_once():
    assert hints_rules.available_at(FIRST, NOON) is None
    assert hints_rules.hint_to_take(PUZZLE, (), NOON, NOON) == FIRST


@pytest.mark.parametrize(("after", "expected"), [(0, None), (-5, None), (1, minutes(1)), (1440, minutes(1440))])
def test_the_delay_counts_minutes_from_the_unlock(after, expected):
    assert hints_rules.available_at(Hint(id="h", order=1, html="", available_after=after), NOON) == expected


def test_an_absurd_delay_means_never():
    never = hints_rules.available_at(Hint(id="h", order=1, html="", available_after=10**15), NOON)
    assert never is not None
    assert never.year == 9999


@pytest.mark.parametrize(("hint", "have", "left"), [(FIRST, 1, 0), (FIRST, 5, 4), (SECOND, 3, 0), (THIRD, 0, 0)])
def test_a_hint_is_paid_in_credits(hint, have, left):
    assert hints_rules.credits_after(hint, have) == left


@pytest.mark.parametrize(("hint", "have", "need"), [(FIRST, 0, 1), (SECOND, 2, 3)])
def test_credits_never_go_below_nothing(hint, have, need):
    with pytest.raises(hints_rules.NoCreditsLeft) as refusal:
        hints_rules.credits_after(hint, have)
    assert (refusal.value.have, refusal.value.need) == (have, need)


def test_a_negative_price_gives_nothing_away():
    assert hints_rules.credits_after(Hint(id="h", order=1, html="", cost=-4), 2) == 2


def test_a_hint_for_points_costs_ten():
    assert hints_rules.POINTS_PRICE == 10
