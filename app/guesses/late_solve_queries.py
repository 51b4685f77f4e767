"""Queries for solves after the old end and before the new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, update

from app.database.engine import Database
from app.database.schema import LedgerEntry, Solve, Team


@dataclass(frozen=True, slots=True)
class LateSolve:
    id: int
    team_id: int
    display_name: str
    puzzle_id: str
    solved_at: datetime


def read_late(database: Database, ends_at: datetime | None) -> list[LateSolve]:
    """Of accounts in good standing, earliest first."""
    with database.reading() as connection:
        return _read(connection, _late(ends_at))


def read_late_of(connection: Connection, team_id: int, ends_at: datetime | None) -> list[LateSolve]:
    return _read(connection, _late(ends_at).where(Solve.team_id == team_id))


def _late(ends_at: datetime | None) -> Select[int, int, str, str, datetime]:
    columns = (Solve.id, Solve.team_id, Team.display_name, Solve.puzzle_id, Solve.solved_at)
    query = select(*columns).join(Team, Team.id == Solve.team_id)
    query = query.where(Solve.is_late.is_(True), Team.is_banned.is_(False))
    return query.where(Solve.solved_at < ends_at) if ends_at is not None else query


def _read(connection: Connection, query: Select[int, int, str, str, datetime]) -> list[LateSolve]:
    return [LateSolve(*row) for row in connection.execute(query.order_by(Solve.solved_at, Solve.id)).all()]


def count_faster(connection: Connection, late: LateSolve) -> int:
    """Teams that solved it before; at the same moment, the one stored first."""
    is_before: ColumnElement[bool] = or_(
        Solve.solved_at < late.solved_at, and_(Solve.solved_at == late.solved_at, Solve.id < late.id)
    )
    query = select(func.count()).select_from(Solve).join(Team, Team.id == Solve.team_id)
    return connection.execute(
        query.where(Solve.puzzle_id == late.puzzle_id, Team.role == "team", is_before)
    ).scalar_one()


def was_close_answer(connection: Connection, late: LateSolve) -> bool:
    paid = exists().where(
        LedgerEntry.team_id == late.team_id, LedgerEntry.puzzle_id == late.puzzle_id, LedgerEntry.kind == "xp",
        LedgerEntry.reason == "close", LedgerEntry.at == late.solved_at,
    )  # fmt: skip
    return bool(connection.execute(select(paid)).scalar_one())


def settle(connection: Connection, late: LateSolve, points: int) -> None:
    connection.execute(update(Solve).where(Solve.id == late.id).values(points=points, is_late=False))
