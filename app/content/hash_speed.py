"""The speed of bcrypt on this machine, measured once a process with a cheap hash."""

from __future__ import annotations

from app.clock import Clock
from app.content.parse.checks import USUAL_STEP_SECONDS
from app.errors import HashingBusy
from app.ports import Hasher

MEASURED_COST = 6
RUNS = 5

_measured: list[float] = []


def step_seconds(clock: Clock, hasher: Hasher) -> float:
    """Seconds of one bcrypt step; a hash of cost n takes 2**n steps."""
    if not _measured:
        try:
            _measured.append(min(_seconds(clock, hasher) for _ in range(RUNS)) / 2**MEASURED_COST)
        except HashingBusy:
            # Too busy to be measured.
            return USUAL_STEP_SECONDS
    return _measured[0]


def _seconds(clock: Clock, hasher: Hasher) -> float:
    # The shortest run was not interrupted.
    began = clock.monotonic()
    hasher.make("guess", b"a measure", MEASURED_COST)
    return clock.monotonic() - began
