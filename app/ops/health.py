"""Does the database answer, through the very connections that requests use? Asked by /readyz, again and again.

At most one question is under way, however often and by however many balancers the node is asked: when the pool is
exhausted or the database hangs, asking must not make it worse.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from app.database import hunt_state
from app.database.engine import Database, DatabaseBusy


class DatabaseProbe:
    """Asks the database for the row that every page needs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._answer: Future[bool] | None = None

    def answers_within(self, seconds: float) -> bool:
        """Return whether an answer came in this time. A question still under way is waited for, not repeated."""
        with self._lock:
            if self._answer is None or self._answer.done():
                self._answer = Future()
                threading.Thread(target=self._ask, args=(self._answer,), name="probe", daemon=True).start()
            answer = self._answer
        try:
            return answer.result(seconds)
        except TimeoutError:
            return False

    def _ask(self, answer: Future[bool]) -> None:
        is_answered = False
        try:
            hunt_state.read_versions(self._database)
            is_answered = True
        except DatabaseBusy:
            pass
        finally:
            answer.set_result(is_answered)
