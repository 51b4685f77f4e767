"""Read-only API tokens, one per team, shown once.

Only digests are stored, in case the database leaks. Whatever ends the team's sessions deletes the token in the same
transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from app.accounts import api_token_queries
from app.clock import Clock
from app.database import audit, teams
from app.database.engine import Database
from app.errors import TeamClosed, TeamUnknown

# Lets people and secret scanners recognise a token.
PREFIX = "inf_"
TOKEN_BYTES = 32
LONGEST = 200


def make_token(database: Database, clock: Clock, team_id: int, address: str) -> str:
    """Replace the team's token and return it. Raises :class:`TeamClosed`, TeamUnknown."""
    token, now = PREFIX + secrets.token_urlsafe(TOKEN_BYTES), clock.now()
    with database.writing() as connection:
        account = teams.lock_account(connection, team_id)
        if account is None:
            raise TeamUnknown
        if account.is_banned or account.role != "team":
            raise TeamClosed
        api_token_queries.replace(connection, team_id, digest_of_token(token), now)
        audit.log(connection, now, "token made", team_id, address=address)
    return token


def revoke_token(database: Database, clock: Clock, team_id: int, address: str) -> None:
    """Delete the token, effective at once on all nodes."""
    with database.writing() as connection:
        if api_token_queries.forget(connection, team_id):
            audit.log(connection, clock.now(), "token revoked", team_id, address=address)


def token_made_at(database: Database, team_id: int) -> datetime | None:
    """Return when the token was made, or None."""
    return api_token_queries.made_at(database, team_id)


def digest_of_token(token: str) -> str:
    """A random token needs no salt or slow hash."""
    return hashlib.sha256(token[:LONGEST].encode("utf-8", "surrogatepass")).hexdigest()
