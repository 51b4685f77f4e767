"""Queries for teams' ratings of puzzles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from app.core.puzzle_tests import Rating
from app.database.engine import Database
from app.database.schema import PuzzleRating, Solve, Team


@dataclass(frozen=True, slots=True)
class TeamRating:
    puzzle_id: str
    team_id: int
    team: str
    fun: int
    difficulty: int
    comment: str
    rated_at: datetime


_RATING = (
    select(
        PuzzleRating.puzzle_id, PuzzleRating.team_id, Team.display_name, PuzzleRating.fun, PuzzleRating.difficulty,
        PuzzleRating.comment, PuzzleRating.rated_at,
    )
    .join(Team, Team.id == PuzzleRating.team_id)
    # Who has been banned or joined the organisers has no say any more.
    .where(Team.role == "team", Team.is_banned.is_(False))
    .order_by(PuzzleRating.rated_at, PuzzleRating.team_id)
)  # fmt: skip


def has_solved(connection: Connection, team_id: int, puzzle_id: str) -> bool:
    solve = select(Solve.id).where(Solve.team_id == team_id, Solve.puzzle_id == puzzle_id)
    return connection.execute(solve).first() is not None


def find(connection: Connection, team_id: int, puzzle_id: str) -> tuple[Rating, datetime] | None:
    columns = (PuzzleRating.fun, PuzzleRating.difficulty, PuzzleRating.comment, PuzzleRating.rated_at)
    same = (PuzzleRating.team_id == team_id, PuzzleRating.puzzle_id == puzzle_id)
    row = connection.execute(select(*columns).where(*same)).one_or_none()
    return (Rating(*row[:3]), row[3]) if row else None


def latest(connection: Connection, team_id: int, since: datetime) -> int:
    own = (PuzzleRating.team_id == team_id, PuzzleRating.rated_at > since)
    return int(connection.execute(select(func.count()).select_from(PuzzleRating).where(*own)).scalar_one())


def write(connection: Connection, team_id: int, puzzle_id: str, rating: Rating, now: datetime) -> None:
    """Under the team's row lock."""
    said: dict[str, Any] = {"fun": rating.fun, "difficulty": rating.difficulty, "comment": rating.comment}
    said["rated_at"] = now
    same = (PuzzleRating.team_id == team_id, PuzzleRating.puzzle_id == puzzle_id)
    if connection.execute(update(PuzzleRating).where(*same).values(**said)).rowcount == 0:
        connection.execute(insert(PuzzleRating).values(team_id=team_id, puzzle_id=puzzle_id, **said))


def read_ratings(database: Database, puzzle_ids: Collection[str]) -> list[TeamRating]:
    with database.reading() as connection:
        rows = connection.execute(_RATING.where(PuzzleRating.puzzle_id.in_(sorted(puzzle_ids)))).all()
    return [TeamRating(*row) for row in rows]
