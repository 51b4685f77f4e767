"""Queries for a team's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, String, Text, case, cast, literal, null, select, union_all

from app.database.engine import Database
from app.database.schema import Guess, LogEntry, Solve

# Of the very same moment the solve stands above the guess that brought it.
GUESSES, LOGGED, SOLVES = 0, 1, 2
IN_LOG = ("hint", "powerup")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """``source``: guess, log or solve.

    ``text``: encrypted for right guesses and solves; ``details``: the log's JSON.
    """

    source: int
    id: int
    at: datetime
    puzzle_id: str
    verdict: str
    text: str | None
    points: int | None
    details: str | None


def read_history(database: Database, team_id: int, puzzle_id: str, limit: int, offset: int) -> list[HistoryRow]:
    parts = (_guesses(team_id, puzzle_id), _logged(team_id, puzzle_id), _solves(team_id, puzzle_id))
    union = union_all(*(part.order_by(None) for part in parts)).subquery()
    order = (union.c.at.desc(), union.c.source.desc(), union.c.id.desc())
    with database.reading() as connection:
        rows = connection.execute(select(union).order_by(*order).limit(limit).offset(offset)).all()
    return [HistoryRow(*row) for row in rows]


def _guesses(team_id: int, puzzle_id: str) -> Select[Any]:
    solve = (Solve.team_id == Guess.team_id, Solve.puzzle_id == Guess.puzzle_id)
    found = select(Solve.answer).where(*solve).scalar_subquery()
    columns: tuple[Any, ...] = (
        literal(GUESSES).label("source"), Guess.id.label("id"), Guess.guessed_at.label("at"),
        Guess.puzzle_id.label("puzzle_id"), Guess.verdict.label("verdict"),
        case((Guess.verdict == "correct", found), else_=cast(Guess.text, Text)).label("text"),
        cast(null(), Integer).label("points"), cast(null(), Text).label("details"),
    )  # fmt: skip
    return select(*columns).where(Guess.team_id == team_id, *([Guess.puzzle_id == puzzle_id] if puzzle_id else []))


def _logged(team_id: int, puzzle_id: str) -> Select[Any]:
    columns: tuple[Any, ...] = (
        literal(LOGGED).label("source"), LogEntry.id.label("id"), LogEntry.at.label("at"),
        LogEntry.puzzle_id.label("puzzle_id"), cast(null(), String).label("verdict"), cast(null(), Text).label("text"),
        cast(null(), Integer).label("points"), cast(LogEntry.details, Text).label("details"),
    )  # fmt: skip
    mine = (LogEntry.team_id == team_id, LogEntry.kind.in_(IN_LOG), LogEntry.puzzle_id.is_not(None))
    return select(*columns).where(*mine, *([LogEntry.puzzle_id == puzzle_id] if puzzle_id else []))


def _solves(team_id: int, puzzle_id: str) -> Select[Any]:
    columns: tuple[Any, ...] = (
        literal(SOLVES).label("source"), Solve.id.label("id"), Solve.solved_at.label("at"),
        Solve.puzzle_id.label("puzzle_id"), cast(null(), String).label("verdict"), Solve.answer.label("text"),
        Solve.points.label("points"), cast(null(), Text).label("details"),
    )  # fmt: skip
    return select(*columns).where(Solve.team_id == team_id, *([Solve.puzzle_id == puzzle_id] if puzzle_id else []))
