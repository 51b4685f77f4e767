"""Queries for test-solves that several features ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from app.core.puzzle_tests import PuzzleTestMark
from app.database.engine import Database
from app.database.schema import PuzzleTest

_MARK: tuple[Any, ...] = (
    PuzzleTest.id, PuzzleTest.puzzle_id, PuzzleTest.digest, PuzzleTest.result, PuzzleTest.spoiled, PuzzleTest.tester_id,
)  # fmt: skip


def read_test_marks(database: Database) -> Mapping[str, Sequence[PuzzleTestMark]]:
    """By puzzle, oldest first."""
    found: dict[str, list[PuzzleTestMark]] = defaultdict(list)
    with database.reading() as connection:
        for row in connection.execute(select(*_MARK).order_by(PuzzleTest.id)).all():
            found[row[1]].append(PuzzleTestMark(*row))
    return found


def marks_of(connection: Connection, tester_id: int, puzzle_id: str) -> list[PuzzleTestMark]:
    own = select(*_MARK).where(PuzzleTest.tester_id == tester_id, PuzzleTest.puzzle_id == puzzle_id)
    return [PuzzleTestMark(*row) for row in connection.execute(own.order_by(PuzzleTest.id)).all()]


def find_open_test(database: Database, tester_id: int, puzzle_id: str) -> int | None:
    with database.reading() as connection:
        marks = marks_of(connection, tester_id, puzzle_id)
    return next((one.id for one in marks if one.result == "open"), None)
