"""Queries for logged-out sessions; pages and sockets have their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, text

from app.database.schema import EndedSession, Moment

# Of a team that is gone, and of a session that has ended already, nothing is stored.
_ADD = text(
    "INSERT INTO ended_sessions (team_id, session, ended_at, until)"
    " SELECT id, :session, :ended_at, :until FROM teams WHERE id = :team ON CONFLICT DO NOTHING"
).bindparams(bindparam("ended_at", type_=Moment()), bindparam("until", type_=Moment()))


def add(connection: Connection, team_id: int, session: str, ended_at: datetime, until: datetime) -> None:
    """``until``: when it would have expired."""
    connection.execute(_ADD, {"team": team_id, "session": session, "ended_at": ended_at, "until": until})


def count(connection: Connection, team_id: int) -> int:
    return connection.execute(select(func.count()).where(EndedSession.team_id == team_id)).scalar_one()


def forget(connection: Connection, team_id: int) -> None:
    """Only after a new epoch."""
    connection.execute(delete(EndedSession).where(EndedSession.team_id == team_id))


def sweep(connection: Connection, now: datetime) -> int:
    return connection.execute(delete(EndedSession).where(EndedSession.until <= now)).rowcount
