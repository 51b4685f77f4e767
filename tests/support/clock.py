"""A clock that stands still until a test moves it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)


class FixedClock:
    """An :class:`app.clock.Clock` for tests; wall time and monotonic seconds move together, by hand."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Really waits, so that other threads run; the clock stands still."""
        time.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_wall(self, now: datetime) -> None:
        """Put the wall clock somewhere else, as an operator does; monotonic seconds know nothing of it."""
        self._now = now
