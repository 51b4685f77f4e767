"""Which hint is next, when it is available, and what it costs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from app.core.model import Hint, Puzzle
from app.core.moments import LAST, zone_shown
from app.core.scoring import POINTS_HINT_PRICE
from app.core.text import counted, sentence
from app.errors import HuntError

POINTS_PRICE = POINTS_HINT_PRICE


class NoHintLeft(HuntError):
    code, message = "no_hint_left", sentence("There are no more hints for this puzzle.")


class HintNotYetAvailable(HuntError):
    """``zone``: for display."""

    code = "no_hint_left"

    def __init__(self, at: datetime, zone: str) -> None:
        words = sentence(
            "The next hint isn’t available yet. You can get it at %(at)s (%(zone)s).",
            at=at,
            zone=zone_shown(at, zone),
        )
        super().__init__(message=words, available_at=at.isoformat())
        self.at = at


class NoCreditsLeft(HuntError):
    code = "no_credits"

    def __init__(self, have: int, need: int) -> None:
        words = counted(
            "You need %(count)s hint credit (you have %(have)s).",
            "You need %(count)s hint credits (you have %(have)s).",
            need,
            have=have,
        )
        super().__init__(message=words, have=have, need=need)
        self.have, self.need = have, need


def in_order(puzzle: Puzzle) -> tuple[Hint, ...]:
    return tuple(sorted(puzzle.hints, key=lambda hint: (hint.order, hint.id)))


def next_hint(puzzle: Puzzle, taken: Collection[str]) -> Hint:
    """Raises NoHintLeft."""
    for hint in in_order(puzzle):
        if hint.id not in taken:
            return hint
    raise NoHintLeft


def credits_for(hint: Hint) -> int:
    """A negative price counts as 0."""
    return max(0, hint.cost)


def available_at(hint: Hint, unlocked_at: datetime) -> datetime | None:
    """None: always."""
    if hint.available_after is None or hint.available_after <= 0:
        return None
    try:
        return unlocked_at + timedelta(minutes=hint.available_after)
    except OverflowError:
        return LAST


def hint_to_take(
    puzzle: Puzzle, taken: Collection[str], unlocked_at: datetime, now: datetime, zone: str = "UTC"
) -> Hint:
    """Raises NoHintLeft, HintNotYetAvailable."""
    hint = next_hint(puzzle, taken)
    opens_at = available_at(hint, unlocked_at)
    if opens_at is not None and now < opens_at:
        raise HintNotYetAvailable(opens_at, zone)
    return hint


def credits_after(hint: Hint, credit_count: int) -> int:
    if credit_count < credits_for(hint):
        raise NoCreditsLeft(credit_count, credits_for(hint))
    return credit_count - credits_for(hint)
