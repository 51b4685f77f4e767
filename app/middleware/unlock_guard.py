"""Replaces ``<puzzle>`` and ``<level>`` in routes with open records.

Locked and unknown records return the same 404.
"""

from __future__ import annotations

from flask import Flask, request

from app.web.locks import open_level, open_puzzle
from app.web.visit import maybe_visit


def install(app: Flask) -> None:
    """Install the hook."""
    app.before_request(_check)


def _check() -> None:
    seen, arguments = maybe_visit(), request.view_args
    if seen is None or not arguments:
        return
    if "puzzle" in arguments:
        arguments["puzzle"] = open_puzzle(seen, str(arguments["puzzle"]))
    if "level" in arguments:
        arguments["level"] = open_level(seen, str(arguments["level"]))
