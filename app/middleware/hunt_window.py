"""Closes the game before the start and during a lockdown."""

from __future__ import annotations

from flask import Flask, request

from app.core.text import sentence
from app.errors import HuntError
from app.web.visit import maybe_visit

# The story reveals puzzles, so it closes with them.
GAME = frozenset({"game", "story"})


def install(app: Flask) -> None:
    """Install the hook."""
    app.before_request(_check)


def _check() -> None:
    seen = maybe_visit()
    # Hint and power-up blueprints are nested in the game's.
    if seen is None or not GAME & set(request.blueprints):
        return
    if seen.hunt_state == "before" and not seen.sees_early:
        raise HuntError("not_running", sentence("The hunt has not started yet. The home page counts down to it."))
    if seen.settings.lockdown_puzzles and not seen.is_admin:
        raise HuntError(
            "locked_down", sentence("The organisers have closed the puzzles for the moment. Nothing is lost.")
        )
