"""By default a view requires a logged-in team that is not banned."""

from __future__ import annotations

from flask import Flask, current_app, request

from app.accounts.login import AccountBanned
from app.core.text import sentence
from app.database.engine import ReadOnly
from app.errors import HuntError
from app.web.access import policy_of
from app.web.sessions import WAYS_OUT
from app.web.visit import maybe_visit


def install(app: Flask) -> None:
    """Install the hook."""
    app.before_request(_check)


def _check() -> None:
    seen = maybe_visit()
    if seen is None or request.endpoint is None:
        return
    # A banned team may still log out and then read public pages.
    if seen.team is not None and seen.team.is_banned and not seen.seen_as and request.endpoint != "account.logout":
        raise AccountBanned
    if seen.seen_as and request.method not in ("GET", "HEAD", "OPTIONS") and request.endpoint not in WAYS_OUT:
        raise ReadOnly
    policy = policy_of(current_app.view_functions.get(request.endpoint))
    if policy.is_public or (policy.is_open_in_archive and seen.is_archive):
        return
    if seen.team is None:
        raise HuntError("login_required", sentence("Please log in first."))
    if not policy.admits(seen.team.roles):
        raise HuntError("forbidden", sentence("Your account's roles do not include this page."))
