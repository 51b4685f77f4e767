"""Read-only API tokens, up to ten a team, shown once.

Only digests are stored. Whatever ends sessions deletes tokens in the same transaction.
"""

from __future__ import annotations

import hashlib
import secrets

from app.accounts import api_token_queries
from app.accounts.api_token_queries import TokenLine
from app.clock import Clock
from app.core.text import sentence
from app.database import audit, teams
from app.database.engine import Database
from app.errors import FieldsRefused, HuntError, TeamClosed, TeamUnknown

# Lets people and secret scanners recognise a token.
PREFIX = "inf_"
TOKEN_BYTES = 32
LONGEST = 200
LONGEST_NAME = 60
MOST_TOKENS = 10


class TokenRefused(FieldsRefused):
    pass


class TooManyTokens(HuntError):
    code = "conflict"
    message = sentence("You already have ten tokens, the maximum. Revoke one first.")


def make_token(database: Database, clock: Clock, team_id: int, name: str, address: str) -> str:
    """Without a name it gets the first free number.

    Raises :class:`TokenRefused`, :class:`TooManyTokens`, :class:`TeamClosed`, TeamUnknown.
    """
    name, token, now = checked_name(name), PREFIX + secrets.token_urlsafe(TOKEN_BYTES), clock.now()
    with database.writing() as connection:
        account = teams.lock_account(connection, team_id)
        if account is None:
            raise TeamUnknown
        if account.is_banned or account.role != "team":
            raise TeamClosed
        taken = api_token_queries.names(connection, team_id)
        if len(taken) >= MOST_TOKENS:
            raise TooManyTokens
        if name in taken:
            raise TokenRefused({"name": sentence("You already have a token with this name.")})
        name = name or next(str(number) for number in range(1, MOST_TOKENS + 1) if str(number) not in taken)
        api_token_queries.add(connection, team_id, name, digest_of_token(token), now)
        audit.log(connection, now, "token made", team_id, address=address)
    return token


def checked_name(name: str) -> str:
    """Without spare spaces. Raises :class:`TokenRefused`."""
    tidy = " ".join(name.split())
    if len(tidy) > LONGEST_NAME or not tidy.isprintable():
        raise TokenRefused({"name": sentence("Use plain text, up to %(most)s characters.", most=LONGEST_NAME)})
    return tidy


def revoke_token(database: Database, clock: Clock, team_id: int, name: str | None, address: str) -> None:
    """None: all; effective at once on all nodes."""
    with database.writing() as connection:
        if api_token_queries.forget(connection, team_id, name):
            audit.log(connection, clock.now(), "token revoked", team_id, address=address)


def list_tokens(database: Database, team_id: int) -> tuple[TokenLine, ...]:
    return api_token_queries.read_tokens(database, team_id)


def digest_of_token(token: str) -> str:
    """A random token needs no salt or slow hash."""
    return hashlib.sha256(token[:LONGEST].encode("utf-8", "surrogatepass")).hexdigest()
