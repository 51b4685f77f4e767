"""The switches for tests that take minutes: CI turns the first one on, whoever asks for them both."""

from __future__ import annotations

import os

import pytest

SWITCH = "INFINITY_SLOW_TIERS"
CONTAINERS = "INFINITY_CONTAINERS"
slow_tier = pytest.mark.skipif(not os.environ.get(SWITCH), reason=f"takes minutes: {SWITCH}=1 asks for it")
container_tier = pytest.mark.skipif(
    not os.environ.get(CONTAINERS), reason=f"takes ten minutes and a container engine: {CONTAINERS}=1 asks for it"
)
