"""Banners for staff who see pages that are closed to teams."""

from __future__ import annotations

from app.core.text import sentence
from app.web.visit import Visit


def banners(seen: Visit) -> tuple[str, ...]:
    """Return the banner texts."""
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
