"""How long requests take, as a metric and as one line of the log each.

A line names the route, never the address that was asked for: addresses carry tokens, queries carry what people typed.
"""

from __future__ import annotations

import logging
from itertools import count

from flask import Flask, Response, g, request
from prometheus_client import Histogram

from app.views.visit import maybe_visit, ports

SECONDS = Histogram(
    "infinity_request_seconds",
    "Time to answer a request, by route and status",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
_numbers = count(1)
_newest = [0]
logger = logging.getLogger("infinity.requests")


def install(app: Flask) -> None:
    """Measure every request; installed first, so that everything else is inside."""
    app.before_request(_start)
    app.after_request(_end)


def answered() -> int:
    """How many requests this process has answered."""
    return _newest[0]


def _start() -> None:
    g.started = ports().clock.monotonic()


def _end(response: Response) -> Response:
    seconds = ports().clock.monotonic() - g.get("started", ports().clock.monotonic())
    route = request.url_rule.rule if request.url_rule else "-"
    method = request.method if request.method in METHODS else "-"
    _newest[0] = next(_numbers)
    SECONDS.labels(method, route, str(response.status_code)).observe(seconds)
    # A balancer asks every second; only a refusal is news.
    if request.blueprint != "health" or response.status_code >= 400:
        _log(method, route, response.status_code, round(seconds * 1000, 1))
    return response


def _log(method: str, route: str, status: int, milliseconds: float) -> None:
    seen = maybe_visit()
    fields = {
        "request_id": g.get("request_id", ""),
        "method": method,
        "route": route,
        "status": status,
        "ms": milliseconds,
        "team": seen.team.id if seen and seen.team else None,
        "address": request.remote_addr or "",
    }
    logger.info("%s %s %s, %s ms", status, method, route, milliseconds, extra=fields)
