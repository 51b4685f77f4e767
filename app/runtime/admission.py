"""Admission control: under overload some requests are refused at once, so that the others are answered at once.

A request needs a place while it works. Without a free one it waits in the queue of its lane; the most important lane
goes first. A queue that stays slow is overload: then requests wait for a moment only. Short crowds are let in.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from prometheus_client import Counter

from app.clock import Clock, SystemClock

# In order of importance: what players send, pages of players and organisers, pages of visitors.
LANES = MOVE, MEMBER, VISITOR = ("move", "member", "visitor")
STAFF = "staff"
# Waiting for longer is slow; being slow for so long is overload, and being quick for so long is its end.
SLOW_SECONDS, INTERVAL_SECONDS = 0.05, 1.0
PATIENCE_SECONDS, SHORT_PATIENCE_SECONDS = 1.5, 0.15
# Moves are few and worth waiting for; they never fill the queue, since each team may only make so many.
MOVE_PATIENCE_SECONDS = 3.0
MOST_WAITING = 1_000
# A request that has worked for longer waits for something else (a slow client, another server).
LONGEST_WORK_SECONDS = 2.0

REFUSED = Counter("infinity_admission_refused", "Requests refused because of overload, by lane", ("lane",))


@dataclass(slots=True, eq=False)
class Ticket:
    lane: str
    came_at: float
    began_at: float = 0.0
    has_place: bool = False
    turn: threading.Event | None = None


@dataclass(slots=True)
class _Lane:
    """``differs_since``: since when its waits are not what ``is_overloaded`` says."""

    waiting: deque[Ticket] = field(default_factory=deque)
    is_overloaded: bool = False
    differs_since: float | None = None


_mine: ContextVar[tuple[Admission, Ticket] | None] = ContextVar("admission", default=None)


class Admission:
    """``places``: how many requests work at once. Thread-safe."""

    def __init__(self, places: int, lanes: tuple[str, ...] = LANES, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._free = places
        self._lanes = {name: _Lane() for name in lanes}
        self._working: dict[Ticket, None] = {}
        for name in lanes:
            REFUSED.labels(name)

    def waiting(self) -> int:
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def working(self) -> int:
        return len(self._working)

    @contextmanager
    def place(self, lane: str) -> Iterator[bool]:
        """Wait for a place; False if the request is refused."""
        ticket = self._enter(lane)
        if ticket is None:
            REFUSED.labels(lane).inc()
            yield False
            return
        token = _mine.set((self, ticket))
        try:
            yield True
        finally:
            _mine.reset(token)
            with self._lock:
                self._leave(ticket)

    def take_back(self) -> None:
        """Give the places of requests that have worked for too long to others; called now and then."""
        with self._lock:
            oldest = self._clock.monotonic() - LONGEST_WORK_SECONDS
            for ticket in [one for one in self._working if one.began_at < oldest]:
                self._leave(ticket)

    def _enter(self, name: str) -> Ticket | None:
        now, lane = self._clock.monotonic(), self._lanes[name]
        ticket = Ticket(name, now)
        with self._lock:
            if self._free > 0:
                # Nobody waits where there is room.
                self._begin(ticket, now)
                return ticket
            if len(lane.waiting) >= MOST_WAITING:
                return None
            ticket.turn = threading.Event()
            lane.waiting.append(ticket)
            patience = self._patience(name)
        try:
            ticket.turn.wait(patience)
        except BaseException:
            with self._lock:
                self._give_up(ticket)
            raise
        with self._lock:
            if ticket.has_place:
                return ticket
            self._give_up(ticket)
        return None

    def _patience(self, name: str) -> float:
        if name in (MOVE, STAFF):
            return MOVE_PATIENCE_SECONDS
        return SHORT_PATIENCE_SECONDS if self._lanes[name].is_overloaded else PATIENCE_SECONDS

    def _give_up(self, ticket: Ticket) -> None:
        """The request ends or is refused."""
        if ticket.has_place:
            self._leave(ticket)
        elif ticket in (waiting := self._lanes[ticket.lane].waiting):
            waiting.remove(ticket)
            self._note(ticket.lane, is_slow=True)

    def _begin(self, ticket: Ticket, now: float) -> None:
        self._free -= 1
        ticket.began_at, ticket.has_place = now, True
        self._working[ticket] = None
        self._note(ticket.lane, is_slow=now - ticket.came_at > SLOW_SECONDS)
        if ticket.turn is not None:
            ticket.turn.set()

    def _leave(self, ticket: Ticket) -> None:
        """Also when the place was taken back before."""
        if not ticket.has_place:
            return
        ticket.has_place = False
        del self._working[ticket]
        self._free += 1
        self._let_in()

    def _let_in(self) -> None:
        now = self._clock.monotonic()
        for lane in self._lanes.values():
            while self._free > 0 and lane.waiting:
                self._begin(lane.waiting.popleft(), now)

    def _note(self, name: str, *, is_slow: bool) -> None:
        """Overload begins and ends only after an interval in which all waits were alike."""
        lane, now = self._lanes[name], self._clock.monotonic()
        if is_slow == lane.is_overloaded:
            lane.differs_since = None
        elif lane.differs_since is None:
            lane.differs_since = now
        elif now - lane.differs_since >= INTERVAL_SECONDS:
            lane.is_overloaded, lane.differs_since = is_slow, None
            if is_slow and name != MOVE:
                self._refuse_late(lane, now)

    def _refuse_late(self, lane: _Lane, now: float) -> None:
        """Overload has begun: who came earlier waits no longer than who comes now."""
        while lane.waiting and now - lane.waiting[0].came_at > SHORT_PATIENCE_SECONDS:
            late = lane.waiting.popleft()
            if late.turn is not None:
                late.turn.set()

    # --- while a request waits for something else --------------------------------------------------------------------

    def _step_out(self, ticket: Ticket) -> bool:
        with self._lock:
            had_place = ticket.has_place
            self._leave(ticket)
            return had_place

    def _step_in(self, ticket: Ticket) -> None:
        """At once: what has begun is finished before something new begins."""
        with self._lock:
            if not ticket.has_place:
                self._free -= 1
                ticket.began_at, ticket.has_place = self._clock.monotonic(), True
                self._working[ticket] = None


@contextmanager
def outside() -> Iterator[None]:
    """Free this request's place while it waits for something that is not the processor or the database."""
    found = _mine.get()
    if found is None or not found[0]._step_out(found[1]):
        yield
        return
    try:
        yield
    finally:
        found[0]._step_in(found[1])
