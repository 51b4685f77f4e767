"""The locks, by default: a route that takes a puzzle or a level gets it only if the team may see it.

The view is handed the :class:`Puzzle` or :class:`Level` itself. Locked and unknown are the same 404.
"""

from __future__ import annotations

from flask import Flask, request

from app.errors import NotFound
from app.rules.model import Level, Puzzle
from app.views.visit import Visit, maybe_visit


def install(app: Flask) -> None:
    """Ask before every view with a ``<puzzle>`` or ``<level>`` in its address."""
    app.before_request(_check)


def _check() -> None:
    seen, arguments = maybe_visit(), request.view_args
    if seen is None or not arguments:
        return
    if "puzzle" in arguments:
        arguments["puzzle"] = open_puzzle(seen, str(arguments["puzzle"]))
    if "level" in arguments:
        arguments["level"] = open_level(seen, str(arguments["level"]))


def open_puzzle(seen: Visit, key: str) -> Puzzle:
    """The puzzle with this key, if the team may see it. Raises the 404 that locked and unknown share."""
    puzzle = seen.content.puzzle(key)
    if puzzle is None or is_nobody(seen) or not seen.game.is_puzzle_open(puzzle):
        raise NotFound
    return puzzle


def is_nobody(seen: Visit) -> bool:
    """Whether the viewer has no team, where one is needed: everywhere but in the archive."""
    return seen.team is None and not seen.is_archive


def open_level(seen: Visit, key: str) -> Level:
    """The level with this key, if it is open to the team."""
    level = seen.content.level(key)
    if level is None or is_nobody(seen) or not seen.game.is_level_open(level):
        raise NotFound
    return level
