"""The process's draining state and gauges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import Flask

Gauge = Callable[[], float]


@dataclass(slots=True)
class Vitals:
    is_draining: bool = False
    was_ready: bool | None = None
    at_stop: list[Callable[[], None]] = field(default_factory=list)
    gauges: dict[str, Gauge] = field(default_factory=dict)


def vitals_of(app: Flask) -> Vitals:
    return cast(Vitals, app.extensions.setdefault("vitals", Vitals()))
