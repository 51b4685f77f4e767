"""Queries for test-solves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from app.core.puzzle_tests import PuzzleTestMark
from app.database.engine import Database
from app.database.page_query import moment
from app.database.schema import PuzzleTest, PuzzleTestGuess, Team


@dataclass(frozen=True, slots=True)
class StoredTest:
    """``tester``: a name, empty if deleted. ``minutes``: by the clock until corrected."""

    id: int
    puzzle_id: str
    version: int
    digest: str
    tester_id: int | None
    tester: str
    spoiled: str
    result: str
    started_at: datetime
    finished_at: datetime | None
    hints: tuple[str, ...]
    guess_times: tuple[datetime, ...]
    minutes: int | None
    fun: int | None
    difficulty: int | None
    comment: str

    @property
    def mark(self) -> PuzzleTestMark:
        return PuzzleTestMark(self.id, self.puzzle_id, self.digest, self.result, self.spoiled, self.tester_id)


@dataclass(frozen=True, slots=True)
class GuessInTest:
    id: int
    test_id: int
    guessed_at: datetime
    verdict: str
    text: str | None
    digest: str
    message_html: str


_TEST = select(
    PuzzleTest.id, PuzzleTest.puzzle_id, PuzzleTest.version, PuzzleTest.digest, PuzzleTest.tester_id,
    func.coalesce(Team.display_name, ""), PuzzleTest.spoiled, PuzzleTest.result, PuzzleTest.started_at,
    PuzzleTest.finished_at, PuzzleTest.hints, PuzzleTest.guess_times, PuzzleTest.minutes, PuzzleTest.fun,
    PuzzleTest.difficulty, PuzzleTest.comment,
).outerjoin(Team, Team.id == PuzzleTest.tester_id)  # fmt: skip
_GUESS = select(
    PuzzleTestGuess.id, PuzzleTestGuess.test_id, PuzzleTestGuess.guessed_at, PuzzleTestGuess.verdict,
    PuzzleTestGuess.text, PuzzleTestGuess.digest, PuzzleTestGuess.message_html,
).order_by(PuzzleTestGuess.id)  # fmt: skip


def find(connection: Connection, test_id: int, tester_id: int) -> StoredTest | None:
    row = connection.execute(_TEST.where(PuzzleTest.id == test_id, PuzzleTest.tester_id == tester_id)).one_or_none()
    return _test(row) if row else None


def lock(connection: Connection, test_id: int, tester_id: int) -> StoredTest | None:
    own = (PuzzleTest.id == test_id, PuzzleTest.tester_id == tester_id)
    connection.execute(select(PuzzleTest.id).where(*own).with_for_update())
    return find(connection, test_id, tester_id)


def add(connection: Connection, **columns: Any) -> int:
    return int(connection.execute(insert(PuzzleTest).values(**columns).returning(PuzzleTest.id)).scalar_one())


def change(connection: Connection, test_id: int, **columns: Any) -> None:
    connection.execute(update(PuzzleTest).where(PuzzleTest.id == test_id).values(**columns))


def keep_window(connection: Connection, test_id: int, times: Sequence[datetime]) -> None:
    change(connection, test_id, guess_times=[at.isoformat() for at in times])


def read_guesses(connection: Connection, test_ids: Collection[int]) -> list[GuessInTest]:
    """Oldest first."""
    found = connection.execute(_GUESS.where(PuzzleTestGuess.test_id.in_(sorted(test_ids)))).all()
    return [GuessInTest(*row) for row in found]


def add_guess(connection: Connection, **columns: Any) -> int:
    added = insert(PuzzleTestGuess).values(**columns).returning(PuzzleTestGuess.id)
    return int(connection.execute(added).scalar_one())


def read_tests(database: Database, puzzle_ids: Collection[str]) -> list[tuple[StoredTest, tuple[GuessInTest, ...]]]:
    """Oldest first, each with its guesses."""
    with database.reading() as connection:
        rows = connection.execute(
            _TEST.where(PuzzleTest.puzzle_id.in_(sorted(puzzle_ids))).order_by(PuzzleTest.id)
        ).all()
        tests = [_test(row) for row in rows]
        guesses: dict[int, list[GuessInTest]] = {one.id: [] for one in tests}
        for guess in read_guesses(connection, guesses):
            guesses.setdefault(guess.test_id, []).append(guess)
    return [(one, tuple(guesses[one.id])) for one in tests]


def _test(row: Any) -> StoredTest:
    values = list(row)
    values[10:12] = tuple(values[10] or ()), tuple(map(moment, values[11] or ()))
    return StoredTest(*values)
