"""The switch for tests that take minutes: CI turns it on, everybody else who asks for them."""

from __future__ import annotations

import os

import pytest

SWITCH = "INFINITY_SLOW_TIERS"
slow_tier = pytest.mark.skipif(not os.environ.get(SWITCH), reason=f"takes minutes: {SWITCH}=1 asks for it")
