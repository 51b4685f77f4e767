"""A team's token for programs: made by the team, shown once, read-only, revoked when the team wishes.

Only the digest is stored, so that a copy of the database opens nothing. Whatever ends the team's sessions (a new
password, a ban) ends the token in the same transaction. What a token opens is said at the views
(:func:`app.web.access.open_to_tokens`).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from app.accounts import api_token_queries
from app.database import audit, teams
from app.errors import TeamClosed, TeamUnknown
from app.ports import Ports

# Tells a token from other secrets at a glance, for people and for programs that look for secrets in public places.
PREFIX = "inf_"
TOKEN_BYTES = 32
LONGEST = 200


def make_token(ports: Ports, team_id: int, address: str) -> str:
    """A new token in place of the one the team had. It is the caller's to show, once.

    Raises :class:`TeamClosed`, TeamUnknown.
    """
    token, now = PREFIX + secrets.token_urlsafe(TOKEN_BYTES), ports.clock.now()
    with ports.database.writing() as connection:
        account = teams.lock_account(connection, team_id)
        if account is None:
            raise TeamUnknown
        if account.is_banned or account.role != "team":
            raise TeamClosed
        api_token_queries.replace(connection, team_id, digest_of_token(token), now)
        audit.log(connection, now, "token made", team_id, address=address)
    return token


def revoke_token(ports: Ports, team_id: int, address: str) -> None:
    """Make the team's token worthless, at once and on all nodes. Without one nothing happens."""
    with ports.database.writing() as connection:
        if api_token_queries.forget(connection, team_id):
            audit.log(connection, ports.clock.now(), "token revoked", team_id, address=address)


def token_made_at(ports: Ports, team_id: int) -> datetime | None:
    """Since when the team has a token, or None."""
    return api_token_queries.made_at(ports.database, team_id)


def digest_of_token(token: str) -> str:
    """What is stored of a token. It is as random as a key: a plain digest needs no salt and no slowness."""
    return hashlib.sha256(token[:LONGEST].encode("utf-8", "surrogatepass")).hexdigest()
