"""What a process knows about its own condition: is it leaving, and how full are its parts.

The runtime and the broadcaster write here, :mod:`app.ops.health_views` reads. One object an app.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import Flask

Gauge = Callable[[], float]


@dataclass(slots=True)
class Vitals:
    """``at_stop``: called when the door has closed, each in a thread of its own. ``gauges``: asked for the metrics.

    ``was_ready``: what whoever last asked about readiness was told; None when nobody has.
    """

    is_draining: bool = False
    was_ready: bool | None = None
    at_stop: list[Callable[[], None]] = field(default_factory=list)
    gauges: dict[str, Gauge] = field(default_factory=dict)


def vitals_of(app: Flask) -> Vitals:
    """The vitals of this app."""
    return cast(Vitals, app.extensions.setdefault("vitals", Vitals()))
