"""Queries for boards: figures of competing teams, now or at the freeze.

Staff and banned teams are left out, and solves after the end. One statement a board.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, func, literal, null, select

from app.database.engine import Database
from app.database.schema import LedgerEntry, Solve, Team


@dataclass(frozen=True, slots=True)
class Goals:
    """The division's puzzles, its final puzzle, the hunt's last."""

    puzzles: tuple[str, ...]
    final: str | None
    last: str | None
    metas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """``solved``: all solves; ``solved_here``: those of the division's puzzles."""

    team_id: int
    display_name: str
    affiliation: str
    score: int
    solved: int
    solved_here: int
    final_at: datetime | None
    last_at: datetime | None
    points_changed_at: datetime | None
    scored_at: datetime | None
    metas: int
    solved_at: datetime | None


def read_live(connection: Connection, division: str, goals: Goals) -> list[TeamFigures]:
    return _read(connection, _teams(_solves(goals, None), division, Team.score, Team.last_points_at))


def read_frozen(connection: Connection, division: str, goals: Goals, freeze_at: datetime) -> list[TeamFigures]:
    """As of the freeze, computed from solves and ledger, that moment excluded."""
    ledger = _ledger(freeze_at)
    score = func.coalesce(ledger.c.score, 0)
    query = _teams(_solves(goals, freeze_at), division, score, ledger.c.changed_at)
    return _read(connection, query.outerjoin(ledger, ledger.c.team_id == Team.id))


def read_points(
    connection: Connection, team_ids: Sequence[int], before: datetime | None
) -> list[tuple[int, datetime, int]]:
    changes = (LedgerEntry.kind == "points") & LedgerEntry.team_id.in_(team_ids) & (LedgerEntry.amount != 0)
    query = select(LedgerEntry.team_id, LedgerEntry.at, LedgerEntry.amount).where(changes)
    if before is not None:
        query = query.where(LedgerEntry.at < before)
    rows = connection.execute(query.order_by(LedgerEntry.at, LedgerEntry.id)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def read_points_of(database: Database, team_id: int, before: datetime | None) -> list[tuple[int, datetime, int]]:
    with database.reading() as connection:
        return read_points(connection, [team_id], before)


def _read(connection: Connection, query: Select[Any]) -> list[TeamFigures]:
    return [TeamFigures(*row) for row in connection.execute(query).all()]


def _teams(solves: Subquery, division: str, score: Any, points_changed_at: Any) -> Select[Any]:
    count = solves.c
    figures = (func.coalesce(count.solved, 0), func.coalesce(count.solved_here, 0), count.final_at, count.last_at)
    times = (points_changed_at, count.scored_at, func.coalesce(count.metas, 0), count.solved_at)
    columns = (Team.id, Team.display_name, Team.affiliation, score, *figures, *times)
    competing = (Team.division == division) & (Team.role == "team") & Team.is_banned.is_(False)
    return select(*columns).outerjoin(solves, solves.c.team_id == Team.id).where(competing)


def _solves(goals: Goals, before: datetime | None) -> Subquery:
    counted = Solve.is_late.is_(False) if before is None else Solve.is_late.is_(False) & (Solve.solved_at < before)
    here = Solve.puzzle_id.in_(goals.puzzles) if goals.puzzles else literal(False)
    query = select(
        Solve.team_id,
        func.count().label("solved"),
        func.sum(case((here, 1), else_=0)).label("solved_here"),
        _when(Solve.puzzle_id == goals.final if goals.final else None).label("final_at"),
        _when(Solve.puzzle_id == goals.last if goals.last else None).label("last_at"),
        _when(Solve.points > 0).label("scored_at"),
        func.sum(case((Solve.puzzle_id.in_(goals.metas), 1), else_=0)).label("metas"),
        func.max(Solve.solved_at).label("solved_at"),
    )
    return query.where(counted).group_by(Solve.team_id).subquery("counted")


def _when(condition: ColumnElement[bool] | None) -> ColumnElement[Any]:
    moment = case((condition, Solve.solved_at)) if condition is not None else case((literal(False), Solve.solved_at))
    return func.max(moment)


def _ledger(before: datetime) -> Subquery:
    counted = (LedgerEntry.kind == "points") & (LedgerEntry.at < before)
    changed = case((LedgerEntry.amount != 0, LedgerEntry.at), else_=null())
    query = select(
        LedgerEntry.team_id, func.sum(LedgerEntry.amount).label("score"), func.max(changed).label("changed_at")
    )
    return query.where(counted).group_by(LedgerEntry.team_id).subquery("booked")
