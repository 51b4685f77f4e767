"""Queries for API tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from app.database.engine import Database
from app.database.schema import TeamToken


def replace(connection: Connection, team_id: int, digest: str, made_at: datetime) -> None:
    """The caller must hold the team's row lock."""
    forget(connection, team_id)
    connection.execute(insert(TeamToken).values(team_id=team_id, digest=digest, made_at=made_at))


def forget(connection: Connection, team_id: int) -> bool:
    """Delete the token; return whether there was one."""
    return connection.execute(delete(TeamToken).where(TeamToken.team_id == team_id)).rowcount > 0


def made_at(database: Database, team_id: int) -> datetime | None:
    """Return when the token was made, or None."""
    with database.reading() as connection:
        found = select(TeamToken.made_at).where(TeamToken.team_id == team_id)
        return connection.execute(found).scalar_one_or_none()
