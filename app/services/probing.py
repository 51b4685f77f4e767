"""Does the database answer, through the very connections that requests use? Asked by /readyz, again and again.

At most one question is under way, however often and by however many balancers the node is asked: when the pool is
exhausted or the database hangs, asking must not make it worse.
"""

from __future__ import annotations

import threading

from app.store import hunt_state
from app.store.connections import Database, DatabaseBusy


class DatabaseProbe:
    """Asks the database for the row that every page needs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._asking: _Question | None = None

    def answers_within(self, seconds: float) -> bool:
        """Whether an answer came in this time; a question still under way from before is waited for, not repeated."""
        question = self._question()
        return question.is_over.wait(seconds) and question.is_answered

    def _question(self) -> _Question:
        with self._lock:
            if self._asking is None or self._asking.is_over.is_set():
                self._asking = _Question()
                threading.Thread(target=self._ask, args=(self._asking,), name="probe", daemon=True).start()
            return self._asking

    def _ask(self, question: _Question) -> None:
        try:
            hunt_state.read_versions(self._database)
            question.is_answered = True
        except DatabaseBusy:
            pass
        finally:
            question.is_over.set()


class _Question:
    """One question to the database, and what became of it."""

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self.is_answered = False
