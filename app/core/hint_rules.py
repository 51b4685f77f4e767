"""Taking a hint: which is next, whether it may be had yet, and what it costs.

Refusals are named errors; taking one that the team has already is free and is the service's to notice. Whether points
hints are switched on, and who pays when, is the services' business too.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from app.core.model import Hint, Puzzle
from app.core.scoring import POINTS_HINT_PRICE
from app.core.text import counted, sentence
from app.errors import HuntError

POINTS_PRICE = POINTS_HINT_PRICE


class NoHintLeft(HuntError):
    """The team has every hint of this puzzle, or there never was one."""

    code, message = "no_hint_left", sentence("There is no further hint for this puzzle.")


class HintNotYetAvailable(HuntError):
    """The next hint can be taken from ``at`` on. ``zone`` is the name of the time zone in which pages show times."""

    code = "no_hint_left"

    def __init__(self, at: datetime, zone: str) -> None:
        words = sentence(
            "The next hint is not available yet. It can be taken from %(at)s (%(zone)s) on.", at=at, zone=zone
        )
        super().__init__(message=words, available_at=at.isoformat())
        self.at = at


class NoCreditsLeft(HuntError):
    """The next hint costs ``need`` credits and the team has ``have``."""

    code = "no_credits"

    def __init__(self, have: int, need: int) -> None:
        words = counted(
            "This hint costs %(count)s hint credit and you have %(have)s.",
            "This hint costs %(count)s hint credits and you have %(have)s.",
            need,
            have=have,
        )
        super().__init__(message=words, have=have, need=need)
        self.have, self.need = have, need


def in_order(puzzle: Puzzle) -> tuple[Hint, ...]:
    """The puzzle's hints in the order in which they are taken; the number a team is told is the place from 1."""
    return tuple(sorted(puzzle.hints, key=lambda hint: (hint.order, hint.id)))


def next_hint(puzzle: Puzzle, taken: Collection[str]) -> Hint:
    """The first hint, in order, whose id the team has not taken. Raises NoHintLeft."""
    for hint in in_order(puzzle):
        if hint.id not in taken:
            return hint
    raise NoHintLeft


def credits_for(hint: Hint) -> int:
    """What a hint costs in hint credits; a price below nothing is nothing."""
    return max(0, hint.cost)


def available_at(hint: Hint, unlocked_at: datetime) -> datetime | None:
    """From when a team that unlocked the puzzle at ``unlocked_at`` may take the hint; None: from the beginning."""
    if hint.available_after is None or hint.available_after <= 0:
        return None
    try:
        return unlocked_at + timedelta(minutes=hint.available_after)
    except OverflowError:
        return datetime.max.replace(tzinfo=unlocked_at.tzinfo)


def hint_to_take(
    puzzle: Puzzle, taken: Collection[str], unlocked_at: datetime, now: datetime, zone: str = "UTC"
) -> Hint:
    """The next hint, if its time has come, whatever it is paid with. Raises NoHintLeft, HintNotYetAvailable."""
    hint = next_hint(puzzle, taken)
    opens_at = available_at(hint, unlocked_at)
    if opens_at is not None and now < opens_at:
        raise HintNotYetAvailable(opens_at, zone)
    return hint


def credits_after(hint: Hint, credit_count: int) -> int:
    """The team's credits once the hint is paid. Raises NoCreditsLeft rather than go below 0."""
    if credit_count < credits_for(hint):
        raise NoCreditsLeft(credit_count, credits_for(hint))
    return credit_count - credits_for(hint)
