"""Checks which levels, puzzles and pictures a viewer may open.

Locked and unknown records return the same 404.
"""

from __future__ import annotations

from collections.abc import Collection

from app.core.model import Level, Puzzle
from app.errors import NotFound
from app.web.visit import Visit


def open_puzzle(seen: Visit, key: str) -> Puzzle:
    """Return the puzzle; raises 404 if it is locked or unknown."""
    puzzle = seen.content.puzzle(key)
    if puzzle is None or is_nobody(seen) or not seen.game.is_puzzle_open(puzzle):
        raise NotFound
    return puzzle


def is_nobody(seen: Visit) -> bool:
    """Whether a required team is missing; the archive needs none."""
    return seen.team is None and not seen.is_archive


def open_level(seen: Visit, key: str) -> Level:
    """Return the level; raises 404 like :func:`open_puzzle`."""
    level = seen.content.level(key)
    if level is None or is_nobody(seen) or not seen.game.is_level_open(level):
        raise NotFound
    return level


def may_see_any(seen: Visit, levels: Collection[str], puzzles: Collection[str]) -> bool:
    """Whether any of these records is open to the viewer; unknown IDs are ignored.

    Staff who prepare the hunt see all pictures.
    """
    if is_nobody(seen) or (seen.hunt_state == "before" and not seen.sees_early):
        return False
    if seen.settings.lockdown_puzzles and not seen.is_admin:
        return False
    if seen.sees_early:
        return True
    content, game = seen.content, seen.game
    known_levels = (content.levels_by_key[one] for one in levels if one in content.levels_by_key)
    known_puzzles = (content.puzzles_by_key[one] for one in puzzles if one in content.puzzles_by_key)
    return any(map(game.is_level_open, known_levels)) or any(map(game.is_puzzle_open, known_puzzles))
