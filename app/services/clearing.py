"""An organiser gives a team its guesses back, after a script or a cat on the keyboard used them up."""

from __future__ import annotations

from app.errors import TeamUnknown
from app.services.ports import Ports
from app.store import guesses, journal, teams

LARGEST_ID = 2**63 - 1


def clear_guesses(ports: Ports, team_id: int, actor: str, address: str = "") -> None:
    """Empty the team's sliding window. Raises TeamUnknown."""
    team = teams.find_by_id(ports.database, team_id) if 0 < team_id <= LARGEST_ID else None
    if team is None:
        raise TeamUnknown
    with ports.database.writing() as connection:
        guesses.clear_window(connection, team.id)
        journal.audit(connection, ports.clock.now(), actor, "clear guesses", team.name, address)
