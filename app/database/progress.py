"""Queries for the progress of many teams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, true
from sqlalchemy.orm import InstrumentedAttribute as Column

from app.core.model import Progress
from app.database.engine import Database
from app.database.schema import Skip, Solve, Team, Unlock

# Teams or puzzles named in one statement.
AT_ONCE = 500

_SOLVED = (Solve.team_id, Solve.puzzle_id, Solve.solved_at)
_SKIPPED = (Skip.team_id, Skip.puzzle_id, Skip.skipped_at)
_UNLOCKED = (Unlock.team_id, Unlock.puzzle_id, Unlock.unlocked_at)


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


def read_passed(database: Database, puzzle_ids: Collection[str]) -> list[Progress]:
    """Of all teams: their solves and skips of these puzzles, perhaps of others, and no unlocks."""
    is_short = len(puzzle_ids) <= AT_ONCE
    query = select(Team.id, Team.division, Team.created_at).where(Team.is_banned.is_(False), Team.role == "team")
    with database.reading() as connection:
        rows = connection.execute(query).all()
        solved, skipped = (
            _by_team(connection, *columns, columns[1].in_(puzzle_ids) if is_short else true())
            for columns in (_SOLVED, _SKIPPED)
        )
    return [Progress(division, created_at, solved[team], skipped[team]) for team, division, created_at in rows]


def _read(connection: Connection, wanted: ColumnElement[bool], only: Sequence[int] | None = None) -> list[TeamProgress]:
    query = select(Team.id, Team.language, Team.division, Team.created_at)
    rows = connection.execute(query.where(Team.is_banned.is_(False), Team.role == "team", wanted)).all()
    solved, skipped, unlocked = (
        _by_team(connection, *columns, true() if only is None else columns[0].in_(only))
        for columns in (_SOLVED, _SKIPPED, _UNLOCKED)
    )
    return [
        TeamProgress(team, language, Progress(division, created_at, solved[team], skipped[team], unlocked[team]))
        for team, language, division, created_at in rows
    ]


def _by_team(
    connection: Connection,
    team: Column[int],
    puzzle: Column[str],
    at: Column[datetime],
    wanted: ColumnElement[bool],
) -> defaultdict[int, dict[str, datetime]]:
    found: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    for team_id, puzzle_id, moment in connection.execute(select(team, puzzle, at).where(wanted)).all():
        found[team_id][puzzle_id] = moment
    return found
