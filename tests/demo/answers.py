"""The demo hunt's answers in clear, for tests and for the builder: they stand nowhere else outside the solutions.

How each answer follows from what a hunter sees is code too: :mod:`tests.demo.derivations`.
"""

from __future__ import annotations

ANSWERS = {
    # The Quay
    "postcard": "LAVENDER",
    "gauges": "HUNDRED",
    "manifest": "CLOVER",
    "clocks": "GULL",
    "berths": "NURSE",
    "quay-board": "HOURS",
    # The Stair
    "ropes": "CLOWN",
    "steps": "SHARK",
    "logbook": "SPOKE",
    "windows": "CATTLE",
    "lamps": "CHART",
    "speaking-tube": "PRISM",
    # The Lamp Room
    "fog": "BEACON",
    "winds": "COMPASS",
    "shutter": "SHADOW",
    "panes": "UNDER THE CURVE",
}

FEEDERS = {
    "quay-board": ("gauges", "manifest", "clocks", "postcard", "berths"),
    "speaking-tube": ("steps", "ropes", "logbook", "windows", "lamps"),
}
