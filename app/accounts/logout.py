"""Logout of one session, or all.

The signed cookie holds the session, so a copy would survive: ended sessions are stored until they expire.
"""

from __future__ import annotations

from datetime import UTC, datetime

from app.accounts import ended_session_queries
from app.broadcast import stored
from app.clock import Clock
from app.database import audit, teams
from app.database.engine import Database
from app.ports import Pusher

# A limit of stored sessions: beyond it all sessions of the team end.
MOST_ENDED = 1_000


def end_session(
    database: Database, clock: Clock, broadcaster: Pusher, team_id: int, session: str, until: float
) -> None:
    """On all nodes, with sockets. ``until``: its expiry in seconds since 1970."""
    now = clock.now()
    with database.writing() as connection:
        if ended_session_queries.count(connection, team_id) < MOST_ENDED:
            ended_session_queries.add(connection, team_id, session, now, datetime.fromtimestamp(until, UTC))
        else:
            teams.end_sessions(connection, team_id)
            ended_session_queries.forget(connection, team_id)
    stored.recheck_sockets(broadcaster, team_id, session)


def end_all_sessions(database: Database, clock: Clock, broadcaster: Pusher, team_id: int, address: str) -> None:
    """On all nodes, with sockets and tokens."""
    with database.writing() as connection:
        teams.end_sessions(connection, team_id)
        ended_session_queries.forget(connection, team_id)
        audit.log(connection, clock.now(), "logout everywhere", team_id, address=address)
    stored.recheck_sockets(broadcaster, team_id)
