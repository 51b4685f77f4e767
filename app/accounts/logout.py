"""Logging out: one session, or all of a team.

The cookie is signed and holds the whole session, so a copy of it would outlive the logout. What has ended is stored
until it would have been over, and the query of every page and of every socket looks there.
"""

from __future__ import annotations

from datetime import UTC, datetime

from app.accounts import ended_session_queries
from app.broadcast import stored
from app.clock import Clock
from app.database import audit, teams
from app.database.engine import Database
from app.ports import Pusher

# Somebody who logs in and out all day must not fill the database: beyond this all sessions of the team end.
MOST_ENDED = 1_000


def end_session(
    database: Database, clock: Clock, broadcaster: Pusher, team_id: int, session: str, until: float
) -> None:
    """End one session on all nodes, with its sockets. ``until``: when it would have ended, in seconds since 1970."""
    now = clock.now()
    with database.writing() as connection:
        if ended_session_queries.count(connection, team_id) < MOST_ENDED:
            ended_session_queries.add(connection, team_id, session, now, datetime.fromtimestamp(until, UTC))
        else:
            teams.end_sessions(connection, team_id)
            ended_session_queries.forget(connection, team_id)
    stored.recheck_sockets(broadcaster, team_id, session)


def end_all_sessions(database: Database, clock: Clock, broadcaster: Pusher, team_id: int, address: str) -> None:
    """End all sessions of the team on all nodes, with their sockets, and its token."""
    with database.writing() as connection:
        teams.end_sessions(connection, team_id)
        ended_session_queries.forget(connection, team_id)
        audit.log(connection, clock.now(), "logout everywhere", team_id, address=address)
    stored.recheck_sockets(broadcaster, team_id)
