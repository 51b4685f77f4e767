"""Queries for API tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from app.database.engine import Database
from app.database.schema import TeamToken


@dataclass(frozen=True, slots=True)
class TokenLine:
    name: str
    made_at: datetime


_TOKENS = select(TeamToken.name, TeamToken.made_at).order_by(
    TeamToken.made_at, func.length(TeamToken.name), TeamToken.name
)


def add(connection: Connection, team_id: int, name: str, digest: str, made_at: datetime) -> None:
    """The caller holds the team's row lock."""
    connection.execute(insert(TeamToken).values(team_id=team_id, name=name, digest=digest, made_at=made_at))


def forget(connection: Connection, team_id: int, name: str | None) -> bool:
    mine = [TeamToken.team_id == team_id, *([TeamToken.name == name] if name is not None else [])]
    return connection.execute(delete(TeamToken).where(*mine)).rowcount > 0


def names(connection: Connection, team_id: int) -> list[str]:
    return list(connection.execute(select(TeamToken.name).where(TeamToken.team_id == team_id)).scalars())


def read_tokens(database: Database, team_id: int) -> tuple[TokenLine, ...]:
    with database.reading() as connection:
        rows = connection.execute(_TOKENS.where(TeamToken.team_id == team_id)).all()
    return tuple(TokenLine(*row) for row in rows)
