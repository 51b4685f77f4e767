"""What most tests of pages begin with: a small hunt in play, and a visitor to it."""

from __future__ import annotations

import pytest
from flask import Flask

from app.services.ports import Ports
from tests.bed.accounts import in_play
from tests.bed.client import PageClient


@pytest.fixture
def world(app: Flask) -> Ports:
    """The small hunt, in play; a file whose hunt is another has a fixture of its own by this name."""
    return in_play(app)


@pytest.fixture
def visitor(app: Flask, world: Ports) -> PageClient:
    """Somebody at a browser."""
    return app.test_client()  # type: ignore[return-value]
