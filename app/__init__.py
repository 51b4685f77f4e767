"""Infinity: a site for online puzzle hunts.

This file imports nothing at its top: ``app.runtime`` lives in this package and must patch the standard library before
Flask is imported by anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.clock import Clock
    from config import Config


def create_app(config: Config, *, clock: Clock | None = None) -> Flask:
    """The whole application, wired; see :mod:`app.factory` for the order. Touches no database and no network."""
    from app.factory import build_app

    return build_app(config, clock=clock)
