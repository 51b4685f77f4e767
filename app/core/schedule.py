"""When things happen by the clock: start, end, freeze, and the hint credits that everybody is given.

Moments are aware UTC and None where none is set; the present moment is always an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# A first time mistyped by ten years must not hand out thousands of credits, nor keep a job busy writing them.
MAX_GRANTS = 1000


@dataclass(frozen=True, slots=True)
class HintSchedule:
    """Credits for every team at ``first_at`` (None: at the start of the hunt) and then every ``every_hours`` hours.

    ``every_hours`` of 0 means only once. Raises ValueError when it is negative.
    """

    first_at: datetime | None
    every_hours: int

    def __post_init__(self) -> None:
        if self.every_hours < 0:
            raise ValueError("hint credits cannot be granted backwards in time")


def is_frozen(now: datetime, freeze_at: datetime | None) -> bool:
    """Whether teams are shown the board as it was at ``freeze_at``."""
    return freeze_at is not None and now >= freeze_at


def due_grants(
    starts_at: datetime | None,
    schedule: HintSchedule,
    now: datetime,
    ends_at: datetime | None = None,
    already: int = 0,
) -> list[tuple[int, datetime]]:
    """The grants whose time has come, as (number from 1, moment), after the ``already`` that were given.

    The number is what makes each happen once: it is unique in the database, whoever is first to write it. None is due
    after the end of the hunt; MAX_GRANTS is the last number ever.
    """
    first_at = starts_at if schedule.first_at is None else schedule.first_at
    until = now if ends_at is None else min(now, ends_at)
    if first_at is None or until < first_at:
        return []
    every = timedelta(hours=schedule.every_hours)
    count = 1 + (until - first_at) // every if every else 1
    numbers = range(max(0, already) + 1, min(count, MAX_GRANTS) + 1)
    return [(number, first_at + every * (number - 1)) for number in numbers]
