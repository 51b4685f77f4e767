"""Programs of a team: ``Authorization: Bearer TOKEN`` in place of a session, where a view is open to tokens.

A token reads and does nothing else: it counts only for GET and only at views that say so, a session that comes along is
not looked at, nothing can be written while such a request is answered, and the answer is always JSON.
"""

from __future__ import annotations

from flask import Flask, current_app, g, request

from app.accounts.api_tokens import digest_of_token
from app.concurrency.rate_limit import RateLimit
from app.core.text import sentence
from app.database.page_query import PageState, read_state_by_token
from app.errors import HuntError
from app.ports import Ports
from app.web.access import policy_of

READS_A_MINUTE = 60
# Of tokens that are none, by address: guessing one is hopeless, and asking the database about each is not free.
WRONG_A_MINUTE = 30
NOT_IN_FORCE = sentence("This token is not in force, or no longer. The team's account page makes a new one.")


def install(app: Flask) -> None:
    """Begin to count."""
    app.extensions["token_reads"] = RateLimit(READS_A_MINUTE, 60)
    app.extensions["token_failures"] = RateLimit(WRONG_A_MINUTE, 60)


def presented() -> str | None:
    """The token of a request that is to be answered by it; None where the session decides."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or request.method not in ("GET", "HEAD"):
        return None
    if not policy_of(current_app.view_functions.get(request.endpoint or "")).is_open_to_tokens:
        return None
    g.is_by_token = True
    return token.strip()


def state_of(world: Ports, token: str) -> PageState:
    """What the page needs of the team whose token this is, in one query.

    Raises the refusals of a wrong token (401), of too many (429), and of one that has become an organiser's (403).
    """
    reads: RateLimit = current_app.extensions["token_reads"]
    failures: RateLimit = current_app.extensions["token_failures"]
    now, address, digest = world.clock.monotonic(), request.remote_addr or "", digest_of_token(token)
    # A token that was good a moment ago is not kept out by what somebody else tries from the same address.
    wait = reads.seconds_to_wait(digest, now) if reads.knows(digest) else failures.seconds_to_wait(address, now)
    if wait:
        raise HuntError(
            "rate_limited",
            sentence("Too many requests; the next one in %(seconds)s s.", seconds=wait),
            retry_after=wait,
        )
    state = read_state_by_token(world.database, digest)
    (reads if state.team else failures).use(digest if state.team else address, now)
    if state.team is None:
        raise HuntError("login_required", NOT_IN_FORCE)
    if state.team.role != "team":
        raise HuntError("forbidden", sentence("Tokens are for teams that play."))
    return state
