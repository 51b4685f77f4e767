"""The hunt that these tests ask for pages."""

from __future__ import annotations

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.accounts import in_play


@pytest.fixture
def ports(app: Flask) -> Ports:
    return in_play(app)
