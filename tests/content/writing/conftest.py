"""The demo hunt in play, and somebody who writes."""

from __future__ import annotations

from tests.support.demo_hunt import world as world
from tests.support.demo_hunt import writer as writer
