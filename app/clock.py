"""The only reader of time. Wall time decides about the hunt; monotonic seconds measure waiting, because the wall
clock can be set back.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""

    def sleep(self, seconds: float) -> None:
        """Let other requests run for this long; 0: once round."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


# The clock and deadline of the current request; None outside of requests.
_waits_until: ContextVar[tuple[Clock, float] | None] = ContextVar("waits_until", default=None)


def begin_waiting(clock: Clock, seconds: float) -> None:
    """The total seconds that this request may wait."""
    _waits_until.set((clock, clock.monotonic() + seconds))


def end_waiting(_fault: BaseException | None = None) -> None:
    """Remove the limit, also as a teardown function."""
    _waits_until.set(None)


def seconds_left(most: float) -> float:
    """Time for the next wait: ``most`` or the rest of the request's limit; at least 0."""
    found = _waits_until.get()
    return most if found is None else max(0.0, min(most, found[1] - found[0].monotonic()))
