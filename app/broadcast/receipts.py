"""Receipts of broadcasts, buffered: thousands may arrive in a second."""

from __future__ import annotations

import threading

from app.broadcast import queries
from app.broadcast.events import LARGEST_ID
from app.clock import Clock
from app.database.engine import Database

# Far more than honest pages report in a second; what does not fit is lost, and missing from a count.
MOST_PAIRS = 50_000


class ReceiptBuffer:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._pairs: set[tuple[int, int]] = set()

    def add(self, broadcast: int, team_id: int) -> None:
        with self._lock:
            if len(self._pairs) < MOST_PAIRS:
                self._pairs.add((broadcast, team_id))

    def write(self) -> None:
        """Store all pairs; kept if the database fails; unknown ids are dropped."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        if not pairs:
            return
        seen: dict[int, set[int]] = {}
        for broadcast, team_id in pairs:
            seen.setdefault(broadcast, set()).add(team_id)
        try:
            with self._database.writing() as connection:
                for broadcast, team_ids in seen.items():
                    if 0 < broadcast <= LARGEST_ID:
                        queries.mark_seen(connection, broadcast, team_ids, self._clock.now())
        except Exception:
            with self._lock:
                self._pairs |= pairs
            raise
