"""The switches for tests that take minutes: CI turns on the first."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

SWITCH = "INFINITY_SLOW_TIERS"
CONTAINERS = "INFINITY_CONTAINERS"
ONE_BOX = "INFINITY_ONE_BOX"
slow_tier = pytest.mark.skipif(not os.environ.get(SWITCH), reason=f"takes minutes: {SWITCH}=1 asks for it")
container_tier = pytest.mark.skipif(
    not os.environ.get(CONTAINERS), reason=f"takes ten minutes and a container engine: {CONTAINERS}=1 asks for it"
)

one_box_tier = pytest.mark.skipif(not os.environ.get(ONE_BOX), reason=f"takes ten minutes: {ONE_BOX}=1 asks for it")


def on_a_machine(
    tier: pytest.MarkDecorator, group: str, seconds: int, lacking: Sequence[str]
) -> list[pytest.MarkDecorator]:
    """The marks of a file whose tests share one machine: one worker, ``seconds`` for each test, tools that may lack."""
    return [
        pytest.mark.slow,
        pytest.mark.servers,
        pytest.mark.timeout(seconds),
        pytest.mark.xdist_group(group),
        tier,
        pytest.mark.skipif(bool(lacking), reason=f"this machine lacks: {', '.join(lacking)}"),
    ]
