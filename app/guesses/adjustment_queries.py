"""Queries for taking a solve away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, text

from app.database.schema import LedgerEntry, Solve, Unlock

# Ledger reason for a removed solve.
TAKEN = "solve taken away"
_IS_OF_SOLVE = LedgerEntry.reason.in_(("solve", TAKEN))


@dataclass(frozen=True, slots=True)
class Worth:
    """Points of a solve, and its XP in the ledger that were not taken back."""

    points: int
    xp: int


def worth_of(connection: Connection, team_id: int, puzzle_id: str) -> Worth | None:
    mine = (Solve.team_id == team_id, Solve.puzzle_id == puzzle_id)
    points = connection.execute(select(Solve.points).where(*mine)).scalar_one_or_none()
    if points is None:
        return None
    booked = (
        LedgerEntry.team_id == team_id,
        LedgerEntry.puzzle_id == puzzle_id,
        LedgerEntry.kind == "xp",
        _IS_OF_SOLVE,
    )
    xp = connection.execute(select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(*booked)).scalar_one()
    return Worth(int(points), int(xp))


def remove_solve(connection: Connection, team_id: int, puzzle_id: str) -> None:
    connection.execute(delete(Solve).where(Solve.team_id == team_id, Solve.puzzle_id == puzzle_id))


def uncount_solver(connection: Connection, puzzle_id: str) -> None:
    """The tally stays locked until the transaction ends."""
    statement = text("UPDATE puzzle_tallies SET solves = solves - 1 WHERE puzzle_id = :puzzle AND solves > 0")
    connection.execute(statement, {"puzzle": puzzle_id})


def forget_unlocks(connection: Connection, team_id: int, puzzle_ids: Collection[str]) -> None:
    """Delete opening times of puzzles that closed; they get new ones."""
    if puzzle_ids:
        mine = (Unlock.team_id == team_id, Unlock.puzzle_id.in_(list(puzzle_ids)))
        connection.execute(delete(Unlock).where(*mine))


def is_booked(connection: Connection, once_key: str) -> bool:
    return connection.execute(select(LedgerEntry.id).where(LedgerEntry.once_key == once_key)).first() is not None
