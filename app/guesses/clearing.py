"""An organiser resets a team's guess limit."""

from __future__ import annotations

from app.clock import Clock
from app.database import audit, teams
from app.database.engine import Database
from app.errors import TeamUnknown
from app.guesses import queries as guess_queries

LARGEST_ID = 2**63 - 1


def clear_guesses(database: Database, clock: Clock, team_id: int, actor: str, address: str = "") -> None:
    """Empty the sliding window. Raises TeamUnknown."""
    team = teams.find_by_id(database, team_id) if 0 < team_id <= LARGEST_ID else None
    if team is None:
        raise TeamUnknown
    with database.writing() as connection:
        guess_queries.clear_window(connection, team.id)
        audit.audit(connection, clock.now(), actor, "clear guesses", team.name, address)
