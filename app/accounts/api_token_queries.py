"""The teams' tokens for programs, by their digests. Called by issuing tokens; whatever ends sessions ends them, too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from app.database.engine import Database
from app.database.schema import TeamToken


def replace(connection: Connection, team_id: int, digest: str, made_at: datetime) -> None:
    """Store the team's token in place of the one it had. The team's row is locked by the caller."""
    forget(connection, team_id)
    connection.execute(insert(TeamToken).values(team_id=team_id, digest=digest, made_at=made_at))


def forget(connection: Connection, team_id: int) -> bool:
    """Make the team's token worthless; answers whether there was one."""
    return connection.execute(delete(TeamToken).where(TeamToken.team_id == team_id)).rowcount > 0


def made_at(database: Database, team_id: int) -> datetime | None:
    """Since when the team's token is in force, or None without one."""
    with database.reading() as connection:
        found = select(TeamToken.made_at).where(TeamToken.team_id == team_id)
        return connection.execute(found).scalar_one_or_none()
