"""What the service remembers over a restart: signatures that have been used, questions that wait, and who did what."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.deployer.signature import LIMIT_SECONDS

QUESTION_SECONDS = 300
_TABLES = """
CREATE TABLE IF NOT EXISTS used (signature TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS question (
  id TEXT PRIMARY KEY, person TEXT NOT NULL, version TEXT NOT NULL, production TEXT NOT NULL, ends REAL NOT NULL);
"""


@dataclass(frozen=True)
class Question:
    """Asked of one person: is ``version`` to replace ``production``, which was there at the time?"""

    id: str
    person: str
    version: str
    production: str


class UnderWay(Exception):
    """Another deployment has not ended."""


class Store:
    """The files in the folder ``home``, for the service's account alone."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file, self._audit, self._lock = home / "state.db", home / "audit.log", home / "lock"
        with self._writing() as database:
            database.executescript(_TABLES)

    def use(self, signature: str, now: float) -> bool:
        """Whether this signature comes for the first time."""
        with self._writing() as database:
            # Twice the limit: a time may lie as far in the future as in the past.
            database.execute("DELETE FROM used WHERE at < ?", (now - 2 * LIMIT_SECONDS - 1,))
            done = database.execute("INSERT OR IGNORE INTO used VALUES (?, ?)", (signature, now))
            return done.rowcount == 1

    def ask(self, person: str, version: str, production: str, now: float) -> Question:
        """Keep a question; an older one to the same person is void."""
        question = Question(secrets.token_urlsafe(16), person, version, production)
        with self._writing() as database:
            database.execute("DELETE FROM question WHERE person = ? OR ends < ?", (person, now))
            row = (question.id, person, version, production, now + QUESTION_SECONDS)
            database.execute("INSERT INTO question VALUES (?, ?, ?, ?, ?)", row)
        return question

    def answer(self, question: str, person: str, now: float) -> Question | None:
        """Take the question away, once; nothing if it was not this person's, was answered before, or is too old."""
        sql = "DELETE FROM question WHERE id = ? AND person = ? AND ends >= ? RETURNING id, person, version, production"
        with self._writing() as database:
            row = database.execute(sql, (question, person, now)).fetchone()
        return Question(*row) if row else None

    def write(self, event: str, **facts: str) -> None:
        """Add a line to the audit, on disk before this returns; its failure is for the caller to stop at."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **facts})
        # One write, appended: lines of several threads do not mix.
        file = os.open(self._audit, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode() + b"\n")
            os.fsync(file)
        finally:
            os.close(file)

    @contextlib.contextmanager
    def deploying(self) -> Iterator[None]:
        """One deployment at a time, of all processes. Raises :class:`UnderWay`."""
        with self._lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UnderWay from None
            yield

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._file, timeout=5)) as database, database:
            yield database
