"""A view requires a team that is not banned, unless it says otherwise; the game is open while the hunt runs without
lockdown. Locked and unknown puzzles and levels are the same 404.
"""

from __future__ import annotations

from flask import Flask, current_app, redirect, request, session
from werkzeug.wrappers import Response

from app.accounts.login import AccountBanned
from app.core.text import sentence
from app.database.engine import ReadOnly
from app.errors import HuntError
from app.web.access import open_level, open_puzzle, policy_of
from app.web.render import wants_json
from app.web.sessions import SECOND_FACTOR, WAYS_OUT
from app.web.visit import Visit, maybe_visit

# The story reveals puzzles, so it closes with them.
GAME = frozenset({"game", "story"})


def install(app: Flask) -> None:
    app.before_request(_check)


def install_game(app: Flask) -> None:
    app.before_request(_check_game)


def _check() -> Response | None:
    seen = maybe_visit()
    if seen is None or request.endpoint is None:
        return None
    # A banned team may still log out and then read public pages.
    if seen.team is not None and seen.team.is_banned and not seen.seen_as and request.endpoint != "account.logout":
        raise AccountBanned
    if seen.seen_as and request.method not in ("GET", "HEAD", "OPTIONS") and request.endpoint not in WAYS_OUT:
        raise ReadOnly
    policy = policy_of(current_app.view_functions.get(request.endpoint))
    if policy.is_public or (policy.is_open_in_archive and seen.is_archive):
        return None
    if seen.team is None:
        raise HuntError("login_required", sentence("Log in to see this page."))
    if not policy.admits(seen.team.roles):
        raise HuntError("forbidden", sentence("Your account doesn’t have access to this page."))
    if policy.most_body_bytes is not None:
        request.max_content_length = request.max_form_memory_size = policy.most_body_bytes
    return _ask_second_factor(seen) if request.blueprint == "admin" else None


def _ask_second_factor(seen: Visit) -> Response | None:
    """Organisers' pages, where a second factor is required."""
    if not seen.settings.staff_second_factor or session.get(SECOND_FACTOR) or request.endpoint in WAYS_OUT:
        return None
    if request.method == "GET" and not wants_json():
        return redirect("/account/second-factor", 303)
    raise HuntError("forbidden", sentence("Organisers need a second factor. Set one up under Account first."))


def _check_game() -> None:
    seen, arguments = maybe_visit(), request.view_args or {}
    if seen is None:
        return
    # Hint and power-up blueprints are nested in the game's.
    is_game = not GAME.isdisjoint(request.blueprints)
    if is_game and seen.hunt_state == "before" and not seen.sees_early:
        raise HuntError("not_running", sentence("The hunt hasn’t started yet."))
    if is_game and seen.settings.lockdown_puzzles and not seen.is_admin:
        words = sentence("The organisers have closed the puzzles for now. Your progress is safe.")
        raise HuntError("locked_down", words)
    if "puzzle" in arguments:
        arguments["puzzle"] = open_puzzle(seen, str(arguments["puzzle"]))
    if "level" in arguments:
        arguments["level"] = open_level(seen, str(arguments["level"]))
