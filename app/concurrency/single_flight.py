"""Single flight: work under one key runs in one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Flight:
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: int = 0


class SingleFlight:
    """A lock per key, which exists only while a thread holds or awaits it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight] = {}

    @contextmanager
    def turn(self, key: Hashable, timeout_seconds: float | None = None) -> Iterator[bool]:
        """Hold the lock; yields False after ``timeout_seconds`` (None: none).

        Check the cache inside: an earlier thread may have filled it, or failed.
        """
        with self._lock:
            flight = self._flights.setdefault(key, _Flight())
            flight.threads += 1
        is_held = False
        try:
            is_held = flight.lock.acquire(timeout=-1 if timeout_seconds is None else timeout_seconds)
            yield is_held
        finally:
            if is_held:
                flight.lock.release()
            with self._lock:
                flight.threads -= 1
                if not flight.threads:
                    del self._flights[key]

    def __len__(self) -> int:
        return len(self._flights)
