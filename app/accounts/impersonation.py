"""Impersonation by an admin. Write protection: :func:`app.database.engine.forbid_writing`."""

from __future__ import annotations

from app.accounts.team_admin import find_team
from app.clock import Clock
from app.database import audit
from app.database.engine import Database


def begin_seeing(database: Database, clock: Clock, number: int, actor: str, address: str) -> str:
    """Audit it; returns the display name. Raises TeamUnknown."""
    team = find_team(database, number).team
    with database.writing() as connection:
        audit.audit(connection, clock.now(), actor, "see_as", team.name, address)
    return team.display_name
