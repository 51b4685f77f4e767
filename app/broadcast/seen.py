"""Which teams have seen which broadcast, gathered for a moment: thousands of pages say so within the same second.

The handlers add, the watch writes down.
"""

from __future__ import annotations

import threading

from app.services import broadcasting
from app.services.ports import Ports

# Far more than honest pages say in a second; what does not fit is said again by nobody, and missing from a count.
MOST_PAIRS = 50_000


class SeenNotes:
    """(broadcast, team) pairs that are not in the database yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pairs: set[tuple[int, int]] = set()

    def add(self, broadcast: int, team_id: int) -> None:
        """A page of this team has shown the broadcast."""
        with self._lock:
            if len(self._pairs) < MOST_PAIRS:
                self._pairs.add((broadcast, team_id))

    def write(self, ports: Ports) -> None:
        """Write down what was gathered. If the database does not answer it is gathered further."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        if not pairs:
            return
        seen: dict[int, set[int]] = {}
        for broadcast, team_id in pairs:
            seen.setdefault(broadcast, set()).add(team_id)
        try:
            broadcasting.note_seen(ports, seen)
        except Exception:
            with self._lock:
                self._pairs |= pairs
            raise
