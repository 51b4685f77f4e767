"""Queries for sessions that were logged out. Pages and sockets read the table in queries of their own."""

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
    """Store that a session has ended; it would have lasted to ``until``."""
    connection.execute(_ADD, {"team": team_id, "session": session, "ended_at": ended_at, "until": until})


def count(connection: Connection, team_id: int) -> int:
    """Return how many ended sessions of the team are stored."""
    return connection.execute(select(func.count()).where(EndedSession.team_id == team_id)).scalar_one()


def forget(connection: Connection, team_id: int) -> None:
    """Delete the team's rows; only once a new epoch has ended its sessions."""
    connection.execute(delete(EndedSession).where(EndedSession.team_id == team_id))


def sweep(connection: Connection, now: datetime) -> int:
    """Delete sessions that would be over by now anyway; return how many."""
    return connection.execute(delete(EndedSession).where(EndedSession.until <= now)).rowcount
