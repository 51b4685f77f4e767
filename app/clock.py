"""The only reader of time.

Everything else is handed a :class:`Clock` or a moment. Wall time decides about the hunt (start, end, windows);
monotonic seconds measure waiting, since they survive a clock that is set back.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the program may ask about time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds from some fixed past; only differences mean anything."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


# When the request that is being answered here has waited long enough, and by which clock; None outside of requests.
_waits_until: ContextVar[tuple[Clock, float] | None] = ContextVar("waits_until", default=None)


def begin_waiting(clock: Clock, seconds: float) -> None:
    """From now on this request may wait for so long in all, whatever it waits for."""
    _waits_until.set((clock, clock.monotonic() + seconds))


def end_waiting() -> None:
    """What comes now may wait as long as it likes."""
    _waits_until.set(None)


def seconds_left(most: float) -> float:
    """How long may be waited for the next thing: ``most``, or what is left of the request's time; never below 0."""
    found = _waits_until.get()
    return most if found is None else max(0.0, min(most, found[1] - found[0].monotonic()))
