"""Is the hunt on, and is a switch closed: asked before every view of the game."""

from __future__ import annotations

from flask import Flask, request

from app.errors import Refusal
from app.rules.wording import sentence
from app.views.visit import Visit, maybe_visit

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
        raise Refusal("not_running", sentence("The hunt has not started yet. The home page counts down to it."))
    if seen.settings.lockdown_puzzles and not seen.is_admin:
        raise Refusal(
            "locked_down", sentence("The organisers have closed the puzzles for the moment. Nothing is lost.")
        )


def banners(seen: Visit) -> tuple[str, ...]:
    """Sentences for staff who see what teams cannot see just now."""
    found = []
    if seen.sees_early and seen.hunt_state == "before":
        found.append(sentence("The hunt has not started: you see its pages early, teams do not."))
    if seen.is_admin:
        switches = {
            sentence("puzzles"): seen.settings.lockdown_puzzles,
            sentence("registration"): seen.settings.lockdown_registration,
            sentence("leaderboard"): seen.settings.lockdown_leaderboard,
        }
        closed = [name for name, is_on in switches.items() if is_on]
        found += [sentence("Lockdown: %(what)s is closed to teams; you pass as admin.", what=name) for name in closed]
    return tuple(found)
