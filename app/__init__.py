"""Infinity, a site for online puzzle hunts. No imports at module level: ``app.runtime`` must patch the standard
library before Flask is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.clock import Clock
    from config import Config


def create_app(config: Config, *, clock: Clock | None = None) -> Flask:
    from app.factory import build_app

    return build_app(config, clock=clock)
