"""Start, end, freeze, and scheduled hint credit grants. Times are aware UTC or None."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# Limits the damage of a mistyped start: thousands of grants and a job busy writing them.
MAX_GRANTS = 1000
_ALL_HOURS = 10_000 * 366 * 24


@dataclass(frozen=True, slots=True)
class HintSchedule:
    """At ``first_at`` (None: the start), then every ``every_hours``; 0: once."""

    first_at: datetime | None
    every_hours: int

    def __post_init__(self) -> None:
        if self.every_hours < 0:
            raise ValueError("hint credits cannot be granted backwards in time")

    @property
    def every(self) -> timedelta:
        """At most the longest timedelta."""
        return timedelta(hours=min(self.every_hours, _ALL_HOURS))


def due_grants(
    starts_at: datetime | None,
    schedule: HintSchedule,
    now: datetime,
    ends_at: datetime | None = None,
    already: int = 0,
) -> list[tuple[int, datetime]]:
    """(number from 1, time) after the ``already`` given.

    Numbers are unique in the database, so concurrent jobs grant once.
    """
    first_at = starts_at if schedule.first_at is None else schedule.first_at
    until = now if ends_at is None else min(now, ends_at)
    if first_at is None or until < first_at:
        return []
    every = schedule.every
    count = 1 + (until - first_at) // every if every else 1
    numbers = range(max(0, already) + 1, min(count, MAX_GRANTS) + 1)
    return [(number, first_at + every * (number - 1)) for number in numbers]
