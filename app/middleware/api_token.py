"""API tokens: ``Authorization: Bearer TOKEN`` replaces the session.

Tokens work only for GET and HEAD on views open to them. Such requests ignore the session, cannot write and get JSON.
"""

from __future__ import annotations

from flask import Flask, current_app, g, request

from app.accounts.api_tokens import digest_of_token
from app.clock import Clock
from app.concurrency.rate_limit import RateLimit
from app.core.addresses import counted_address
from app.core.in_force import InForce
from app.core.text import sentence
from app.database.engine import Database
from app.database.page_query import PageState, read_state_by_token
from app.errors import HuntError
from app.web.access import policy_of

READS_A_MINUTE = 60
# Wrong tokens per address: limits the database queries that they cost.
WRONG_A_MINUTE = 30
NOT_IN_FORCE = sentence("This token is not in force, or no longer. The team's account page makes a new one.")


def install(app: Flask) -> None:
    """Create the rate limits."""
    app.extensions["token_reads"] = RateLimit(READS_A_MINUTE, 60)
    app.extensions["token_failures"] = RateLimit(WRONG_A_MINUTE, 60)


def presented() -> str | None:
    """Return the token, or None if the session applies."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or request.method not in ("GET", "HEAD"):
        return None
    if not policy_of(current_app.view_functions.get(request.endpoint or "")).is_open_to_tokens:
        return None
    g.is_by_token = True
    return token.strip()


def state_of(database: Database, in_force: InForce, clock: Clock, token: str) -> PageState:
    """Load the token's team; raises 401 (wrong token), 429 (rate limit) or 403 (staff)."""
    reads: RateLimit = current_app.extensions["token_reads"]
    failures: RateLimit = current_app.extensions["token_failures"]
    now, address, digest = clock.monotonic(), counted_address(request.remote_addr or ""), digest_of_token(token)
    # A recently valid token is exempt from the address limit, so that others at the address cannot block it.
    wait = reads.seconds_to_wait(digest, now) if reads.knows(digest) else failures.seconds_to_wait(address, now)
    if wait:
        raise HuntError(
            "rate_limited",
            sentence("Too many requests; the next one in %(seconds)s s.", seconds=wait),
            retry_after=wait,
        )
    state = read_state_by_token(database, digest, has_counts=in_force.settings.solve_counts)
    (reads if state.team else failures).use(digest if state.team else address, now)
    if state.team is None:
        raise HuntError("login_required", NOT_IN_FORCE)
    if state.team.role != "team":
        raise HuntError("forbidden", sentence("Tokens are for teams that play."))
    return state
