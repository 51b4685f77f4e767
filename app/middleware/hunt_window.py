"""Is the hunt on, and is a switch closed: asked before every view of the game."""

from __future__ import annotations

from flask import Flask, request

from app.core.text import sentence
from app.errors import HuntError
from app.web.visit import maybe_visit

# The story tells of puzzles: before the start, and while they are closed, it would give them away.
GAME = frozenset({"game", "story"})


def install(app: Flask) -> None:
    """Ask before every view of the game."""
    app.before_request(_check)


def _check() -> None:
    seen = maybe_visit()
    # Hints and power-ups are blueprints within the game's.
    if seen is None or not GAME & set(request.blueprints):
        return
    if seen.hunt_state == "before" and not seen.sees_early:
        raise HuntError("not_running", sentence("The hunt has not started yet. The home page counts down to it."))
    if seen.settings.lockdown_puzzles and not seen.is_admin:
        raise HuntError(
            "locked_down", sentence("The organisers have closed the puzzles for the moment. Nothing is lost.")
        )
