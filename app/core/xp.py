"""XP: how it grows by itself, and what it buys.

Growth follows from time alone. It is brought up to the moment under the team's row lock whenever XP is read or
changed, so that there is nothing to be done every hour.

What accrued up to now is credited first; only then is a solve added or a price taken. Otherwise a team at the cap
could spend and get back hours that had been lost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from app.core.model import Content, Puzzle
from app.core.text import sentence
from app.errors import HuntError

CAP = 100
PER_PERIOD = 10
PER_SOLVE = 5
PERIOD_SECONDS = 3600

Verb = Literal["hint", "skip", "close"]
COSTS: Mapping[Verb, int] = MappingProxyType({"hint": 50, "skip": 75, "close": 100})


class InsufficientXp(HuntError):
    """The team has ``have`` XP and needs ``need``."""

    code = "insufficient_xp"

    def __init__(self, have: int, need: int) -> None:
        words = sentence("This costs %(need)s XP and you have %(have)s.", need=need, have=have)
        super().__init__(message=words, have=have, need=need)
        self.have, self.need = have, need


class PuzzleCannotBeSkipped(HuntError):
    """The puzzle is a meta, or the one that everybody has to solve first."""

    def __init__(self, message: str) -> None:
        super().__init__("forbidden", message)


@dataclass(frozen=True, slots=True)
class Accrual:
    """XP brought up to the moment. Store ``xp`` and ``periods``, write ``added`` to the ledger unless it is 0.

    ``seconds_to_next`` is the whole seconds, rounded up, until the next 10 will be added; None when none is coming:
    before the first guess, at the cap, or when the hunt ends before.
    """

    xp: int
    periods: int
    added: int
    seconds_to_next: int | None


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
    """+10 for each full period since the team's first guess, up to the cap of 100; what is over the cap is lost.

    ``periods`` are the full periods that were credited before; those that passed at the cap are among them and never
    come back. A period counts at the moment it is complete, that of the end included. Time before the start is not
    counted; a clock that was set back takes nothing away.
    """
    if first_guess_at is None:
        return Accrual(xp, periods, 0, None)
    since = first_guess_at if starts_at is None else max(first_guess_at, starts_at)
    until = now if ends_at is None else min(now, ends_at)
    full = max(periods, (until - since) // timedelta(seconds=period_seconds))
    grown = max(xp, min(CAP, xp + PER_PERIOD * (full - periods)))
    next_at = since + timedelta(seconds=period_seconds) * (full + 1)
    is_coming = grown < CAP and (ends_at is None or next_at <= ends_at)
    return Accrual(grown, full, grown - xp, math.ceil((next_at - now).total_seconds()) if is_coming else None)


def after_solve(xp: int) -> int:
    """XP after a solve that earns: 5 more, up to the cap. Whether the hunt is running is asked before."""
    return max(xp, min(CAP, xp + PER_SOLVE))


def spend(xp: int, verb: Verb) -> int:
    """What is left after buying a power-up. Raises InsufficientXp."""
    if xp < COSTS[verb]:
        raise InsufficientXp(xp, COSTS[verb])
    return xp - COSTS[verb]


def check_skippable(content: Content, puzzle: Puzzle, anchor: str | None = None) -> None:
    """Raises PuzzleCannotBeSkipped for a meta, and for the anchor puzzle: only a solve lifts it, and what is skipped
    cannot be solved any more, so the team would be shut out for good."""
    if puzzle.is_meta or any(puzzle.id in level.metas for level in content.levels):
        raise PuzzleCannotBeSkipped(sentence("A meta cannot be skipped."))
    held_by = content.puzzle(anchor) if anchor else None
    if held_by is not None and held_by.id == puzzle.id:
        raise PuzzleCannotBeSkipped(sentence("This puzzle has to be solved before all others and cannot be skipped."))
