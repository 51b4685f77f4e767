"""XP growth and prices. Accrue under the row lock before changes: else a team at the cap could spend and regain lost
periods.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from app.core.model import Content, Puzzle
from app.core.moments import shifted
from app.core.text import sentence
from app.errors import HuntError

CAP = 100
PER_PERIOD = 10
PER_SOLVE = 5
PERIOD_SECONDS = 3600

Verb = Literal["hint", "skip", "close"]
COSTS: Mapping[Verb, int] = MappingProxyType({"hint": 50, "skip": 75, "close": 100})


class InsufficientXp(HuntError):
    code = "insufficient_xp"

    def __init__(self, have: int, need: int) -> None:
        words = sentence("You need %(need)s XP (you have %(have)s).", need=need, have=have)
        super().__init__(message=words, have=have, need=need)
        self.have, self.need = have, need


class PuzzleCannotBeSkipped(HuntError):
    def __init__(self, message: str) -> None:
        super().__init__("forbidden", message)


@dataclass(frozen=True, slots=True)
class Accrual:
    """Store ``xp`` and ``periods``; book ``added`` unless 0.

    ``seconds_to_next`` (rounded up), ``next_at``: None before the first guess, at the cap, or if the hunt ends first.
    """

    xp: int
    periods: int
    added: int
    seconds_to_next: int | None
    next_at: datetime | None = None


def accrue(
    xp: int,
    periods: int,
    *,
    first_guess_at: datetime | None,
    now: datetime,
    starts_at: datetime | None,
    ends_at: datetime | None,
    period_seconds: int = PERIOD_SECONDS,
) -> Accrual:
    """+10 a full period since the first guess, capped at 100.

    ``periods`` includes those lost at the cap. One completing at the end counts; time before the start does not. A
    clock set back removes nothing.
    """
    if first_guess_at is None:
        return Accrual(xp, periods, 0, None)
    since = first_guess_at if starts_at is None else max(first_guess_at, starts_at)
    until = now if ends_at is None else min(now, ends_at)
    full = max(periods, (until - since) // timedelta(seconds=period_seconds))
    grown = max(xp, min(CAP, xp + PER_PERIOD * (full - periods)))
    # Lengths, not moments: the next period may end after year 9999.
    wait = timedelta(seconds=period_seconds) * (full + 1) - (now - since)
    is_coming = grown < CAP and (ends_at is None or wait <= ends_at - now)
    if not is_coming:
        return Accrual(grown, full, grown - xp, None)
    return Accrual(grown, full, grown - xp, math.ceil(wait.total_seconds()), shifted(now, wait))


def after_solve(xp: int) -> int:
    """+5, capped. The caller checks that the hunt runs."""
    return max(xp, min(CAP, xp + PER_SOLVE))


def spend(xp: int, verb: Verb) -> int:
    """Raises InsufficientXp."""
    if xp < COSTS[verb]:
        raise InsufficientXp(xp, COSTS[verb])
    return xp - COSTS[verb]


def check_skippable(content: Content, puzzle: Puzzle, anchor: str | None = None) -> None:
    """Raises PuzzleCannotBeSkipped for a meta or the anchor, which only a solve satisfies."""
    if puzzle.is_meta or any(puzzle.id in level.metas for level in content.levels):
        raise PuzzleCannotBeSkipped(sentence("You can’t skip a meta."))
    held_by = content.puzzle(anchor) if anchor else None
    if held_by is not None and held_by.id == puzzle.id:
        raise PuzzleCannotBeSkipped(sentence("You need to solve this puzzle before all others, so you can’t skip it."))
