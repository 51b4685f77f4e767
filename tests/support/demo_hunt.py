"""Fixtures: the demo hunt in play, an admin and a writer. A test file imports those that it needs by name."""

from __future__ import annotations

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin
from tests.support.organisers import enter


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> Ports:
    return begin(app, clock)


@pytest.fixture
def keeper(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


@pytest.fixture
def writer(app: Flask, world: Ports) -> PageClient:
    return enter(app, "quill", "writer")
