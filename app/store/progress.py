"""What all teams have done so far, in a few statements. Called where something concerns many teams at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import InstrumentedAttribute as Column

from app.store.connections import Database
from app.store.models import Skip, Solve, Team, Unlock

# Teams named in one statement.
AT_ONCE = 500


@dataclass(slots=True)
class TeamProgress:
    """A team in good standing, and what it has solved, skipped and been recorded to have open, by puzzle."""

    team_id: int
    division: str
    created_at: datetime
    language: str
    solved: dict[str, datetime] = field(default_factory=dict)
    skipped: dict[str, datetime] = field(default_factory=dict)
    unlocked: dict[str, datetime] = field(default_factory=dict)


_TEAM = (Team.id, Team.division, Team.created_at, Team.language)


def read_unsolved(database: Database, puzzle_id: str) -> list[TeamProgress]:
    """Every competing team that has not solved the puzzle."""
    solvers = select(Solve.team_id).where(Solve.puzzle_id == puzzle_id)
    playing = (Team.is_banned.is_(False), Team.role == "team", Team.id.not_in(solvers))
    with database.reading() as connection:
        rows = connection.execute(select(*_TEAM).where(*playing)).all()
        solved = _by_team(connection, Solve.team_id, Solve.puzzle_id, Solve.solved_at)
        skipped = _by_team(connection, Skip.team_id, Skip.puzzle_id, Skip.skipped_at)
        unlocked = _by_team(connection, Unlock.team_id, Unlock.puzzle_id, Unlock.unlocked_at)
    return [TeamProgress(*row, solved[row[0]], skipped[row[0]], unlocked[row[0]]) for row in rows]


def read_teams(database: Database, team_ids: Sequence[int]) -> dict[int, TeamProgress]:
    """What these teams have done, by their ids; those in bad standing and organisers are left out."""
    found: dict[int, TeamProgress] = {}
    playing = (Team.is_banned.is_(False), Team.role == "team")
    with database.reading() as connection:
        for begin in range(0, len(team_ids), AT_ONCE):
            some = list(team_ids[begin : begin + AT_ONCE])
            rows = connection.execute(select(*_TEAM).where(Team.id.in_(some), *playing))
            solved = _by_team(connection, Solve.team_id, Solve.puzzle_id, Solve.solved_at, some)
            skipped = _by_team(connection, Skip.team_id, Skip.puzzle_id, Skip.skipped_at, some)
            unlocked = _by_team(connection, Unlock.team_id, Unlock.puzzle_id, Unlock.unlocked_at, some)
            found |= {
                row[0]: TeamProgress(*row, solved[row[0]], skipped[row[0]], unlocked[row[0]]) for row in rows.all()
            }
    return found


def _by_team(
    connection: Connection,
    team: Column[int],
    puzzle: Column[str],
    at: Column[datetime],
    only: Sequence[int] | None = None,
) -> defaultdict[int, dict[str, datetime]]:
    found: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    query = select(team, puzzle, at) if only is None else select(team, puzzle, at).where(team.in_(only))
    for team_id, puzzle_id, moment in connection.execute(query).all():
        found[team_id][puzzle_id] = moment
    return found
