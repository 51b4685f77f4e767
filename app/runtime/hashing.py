"""bcrypt, kept off the path of other requests: few at a time, in two lanes, with a bounded wait.

The only importer of bcrypt, and the real thing behind :class:`app.services.ports.Hasher`. A hash costs tens to hundreds
of milliseconds of a core, so whoever could make the site hash without limit could stop it. Here at most a few are
worked on at once; the others queue in the lane "login" or "guess", the lanes take turns, and whoever would wait too
long is told so at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import bcrypt

from app.clock import Clock, SystemClock
from app.runtime.green import hashing_threads, offload
from app.services.ports import HashingBusy

LANES = ("login", "guess")
LONGEST_QUEUE = 50
PATIENCE_SECONDS = 5.0
# bcrypt reads no more; its library refuses a longer secret, which callers have shortened on purpose.
MOST_BYTES = 72


@dataclass(slots=True)
class LaneFigures:
    """What a lane has been through, for the metrics. ``waited_seconds`` is a sum over all who got their turn."""

    served: int = 0
    refused: int = 0
    waited_seconds: float = 0.0


@dataclass(slots=True)
class _Lane:
    tickets: deque[threading.Event] = field(default_factory=deque)
    figures: LaneFigures = field(default_factory=LaneFigures)


class HashingPool:
    """Checks and makes hashes, ``at_once`` together. Safe in threads and in green threads."""

    def __init__(
        self,
        at_once: int | None = None,
        *,
        longest_queue: int = LONGEST_QUEUE,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._free = at_once or hashing_threads()
        self._longest_queue = longest_queue
        self._patience = patience_seconds
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._lanes = {name: _Lane() for name in LANES}
        self._turns = deque(LANES)

    def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
        """Whether ``secret`` fits; a malformed hash fits nothing. Raises :class:`HashingBusy`."""
        if len(secret) > MOST_BYTES:
            return False
        with self._turn(lane):
            try:
                return offload(bcrypt.checkpw, secret, hashed)
            except ValueError:
                return False

    def make(self, lane: str, secret: bytes, cost: int) -> str:
        """A new hash at this cost. Raises :class:`HashingBusy`; ValueError when ``secret`` has more than 72 bytes."""
        if len(secret) > MOST_BYTES:
            raise ValueError(f"a secret of {len(secret)} bytes must be shortened before it is hashed")
        with self._turn(lane):
            return offload(bcrypt.hashpw, secret, bcrypt.gensalt(cost)).decode("ascii")

    def waiting(self, lane: str) -> int:
        """How many wait in this lane now."""
        return len(self._lanes[lane].tickets)

    def figures(self, lane: str) -> LaneFigures:
        """What this lane has been through since the process started."""
        return self._lanes[lane].figures

    @contextmanager
    def _turn(self, lane: str) -> Iterator[None]:
        started = self._clock.monotonic()
        self._enter(self._lanes[lane])
        figures = self._lanes[lane].figures
        figures.served += 1
        figures.waited_seconds += self._clock.monotonic() - started
        try:
            yield
        finally:
            self._pass_on()

    def _enter(self, lane: _Lane) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if len(lane.tickets) >= self._longest_queue:
                lane.figures.refused += 1
                raise HashingBusy
            ticket = threading.Event()
            lane.tickets.append(ticket)
        try:
            ticket.wait(self._patience)
        except BaseException:
            # The waiting request was ended from outside. A turn that it had got already goes to the next.
            if not self._give_up(lane, ticket):
                self._pass_on()
            raise
        if self._give_up(lane, ticket):
            raise HashingBusy

    def _give_up(self, lane: _Lane, ticket: threading.Event) -> bool:
        """Leave the queue; False when the turn came after all, at the last moment or in time."""
        with self._lock:
            if ticket.is_set():
                return False
            lane.tickets.remove(ticket)
            lane.figures.refused += 1
            return True

    def _pass_on(self) -> None:
        """Hand the place to whoever waits longest in the lane whose turn it is."""
        with self._lock:
            for _ in LANES:
                self._turns.rotate(-1)
                waiting = self._lanes[self._turns[-1]].tickets
                if waiting:
                    waiting.popleft().set()
                    return
            self._free += 1
