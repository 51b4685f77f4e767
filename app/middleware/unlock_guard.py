"""The locks, by default: a route that takes a puzzle or a level gets it only if the team may see it.

The view is handed the :class:`Puzzle` or :class:`Level` itself. Locked and unknown are the same 404.
"""

from __future__ import annotations

from flask import Flask, request

from app.web.locks import open_level, open_puzzle
from app.web.visit import maybe_visit


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
