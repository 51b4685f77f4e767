"""Queries for all found answers, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from app.database.engine import Database
from app.database.schema import Solve

ROWS_A_PIECE = 1_000


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """``token`` is None for solves from before answers were kept."""

    solve_id: int
    team_id: int
    puzzle_id: str
    token: str | None


def read_stored(database: Database) -> Iterator[StoredAnswer]:
    """In the order of solves, holding no connection between batches."""
    columns = select(Solve.id, Solve.team_id, Solve.puzzle_id, Solve.answer).order_by(Solve.id).limit(ROWS_A_PIECE)
    last = 0
    while True:
        with database.reading() as connection:
            rows = connection.execute(columns.where(Solve.id > last)).all()
        if not rows:
            return
        yield from (StoredAnswer(*row) for row in rows)
        last = rows[-1][0]


def replace_token(connection: Connection, stored: StoredAnswer, token: str) -> bool:
    """False if the token was changed meanwhile."""
    same = (Solve.id == stored.solve_id, Solve.answer == stored.token)
    return connection.execute(update(Solve).where(*same).values(answer=token)).rowcount > 0
