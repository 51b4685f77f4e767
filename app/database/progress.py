"""Queries for the progress of many teams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, true
from sqlalchemy.orm import InstrumentedAttribute as Column

from app.core.model import Progress
from app.database.engine import Database
from app.database.schema import Skip, Solve, Team, Unlock

# Teams named in one statement.
AT_ONCE = 500


@dataclass(slots=True)
class TeamProgress:
    """A team in good standing."""

    team_id: int
    language: str
    progress: Progress


def read_unsolved(database: Database, puzzle_id: str) -> list[TeamProgress]:
    """Competing teams without a solve."""
    solvers = select(Solve.team_id).where(Solve.puzzle_id == puzzle_id)
    with database.reading() as connection:
        return _read(connection, Team.id.not_in(solvers))


def read_teams(database: Database, team_ids: Sequence[int]) -> dict[int, TeamProgress]:
    """By id; staff and banned ones are left out."""
    found: dict[int, TeamProgress] = {}
    with database.reading() as connection:
        for begin in range(0, len(team_ids), AT_ONCE):
            some = list(team_ids[begin : begin + AT_ONCE])
            found |= {team.team_id: team for team in _read(connection, Team.id.in_(some), some)}
    return found


def read_all(database: Database) -> list[TeamProgress]:
    with database.reading() as connection:
        return _read(connection, true())


def _read(connection: Connection, wanted: ColumnElement[bool], only: Sequence[int] | None = None) -> list[TeamProgress]:
    query = select(Team.id, Team.language, Team.division, Team.created_at)
    rows = connection.execute(query.where(Team.is_banned.is_(False), Team.role == "team", wanted)).all()
    solved = _by_team(connection, Solve.team_id, Solve.puzzle_id, Solve.solved_at, only)
    skipped = _by_team(connection, Skip.team_id, Skip.puzzle_id, Skip.skipped_at, only)
    unlocked = _by_team(connection, Unlock.team_id, Unlock.puzzle_id, Unlock.unlocked_at, only)
    return [
        TeamProgress(team, language, Progress(division, created_at, solved[team], skipped[team], unlocked[team]))
        for team, language, division, created_at in rows
    ]


def _by_team(
    connection: Connection,
    team: Column[int],
    puzzle: Column[str],
    at: Column[datetime],
    only: Sequence[int] | None,
) -> defaultdict[int, dict[str, datetime]]:
    found: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    query = select(team, puzzle, at) if only is None else select(team, puzzle, at).where(team.in_(only))
    for team_id, puzzle_id, moment in connection.execute(query).all():
        found[team_id][puzzle_id] = moment
    return found
