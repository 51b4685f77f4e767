"""An organiser gives a team its guesses back, after a script or a cat on the keyboard used them up."""

from __future__ import annotations

from app.database import audit, teams
from app.errors import TeamUnknown
from app.guesses import queries as guess_queries
from app.ports import Ports

LARGEST_ID = 2**63 - 1


def clear_guesses(ports: Ports, team_id: int, actor: str, address: str = "") -> None:
    """Empty the team's sliding window. Raises TeamUnknown."""
    team = teams.find_by_id(ports.database, team_id) if 0 < team_id <= LARGEST_ID else None
    if team is None:
        raise TeamUnknown
    with ports.database.writing() as connection:
        guess_queries.clear_window(connection, team.id)
        audit.audit(connection, ports.clock.now(), actor, "clear guesses", team.name, address)
