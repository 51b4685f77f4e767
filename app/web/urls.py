"""URLs of game pages."""

from __future__ import annotations

from app.core.model import Level, Puzzle


def puzzle_url(puzzle: Puzzle) -> str:
    """The puzzle's page."""
    return f"/game/puzzle/{puzzle.key}"


def level_url(level: Level) -> str:
    """The level's page."""
    return f"/game/{level.key}"
