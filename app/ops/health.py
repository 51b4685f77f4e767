"""The database check of /readyz, through the pool of requests.

One query at a time, however often it is asked, so that checks do not worsen an overload.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from app.database import hunt_state
from app.database.engine import Database, DatabaseBusy


class DatabaseProbe:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._answer: Future[bool] | None = None

    def answers_within(self, seconds: float) -> bool:
        """A running query is awaited, not repeated."""
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
