"""Logs and measures requests.

Logs the route, not the URL: paths contain tokens, queries user input.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

from app.clock import begin_waiting, end_waiting
from app.web.visit import maybe_visit, ports

SECONDS = Histogram(
    "infinity_request_seconds",
    "Time to answer a request, by route and status",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
# No labels, so that both start at 0 and the first increase is visible.
BUSY = Counter("infinity_requests_refused_as_busy", "Requests of visitors refused with 503: something was full or late")
FAULTS = Counter("infinity_faults", "Requests that ended in a fault of the program, answered with 500")
# Total wait per request (connections, statements, locks, hashes) before it is refused as busy.
LONGEST_WAIT_SECONDS = 15.0
# Imports, exports and restocks take longer.
LONGEST_WAIT_OF_ORGANISERS = 120.0
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
logger = logging.getLogger("infinity.requests")


def install(app: Flask) -> None:
    """Install first, so that the time covers all hooks."""
    app.before_request(_start)
    app.after_request(_end)
    # A kept-alive connection can become a socket, which has no time limit.
    app.teardown_request(lambda _fault: end_waiting())


def _start() -> None:
    clock = ports().clock
    g.started = clock.monotonic()
    is_organisers = request.path.startswith("/admin")
    begin_waiting(clock, LONGEST_WAIT_OF_ORGANISERS if is_organisers else LONGEST_WAIT_SECONDS)


def _end(response: Response) -> Response:
    seconds = ports().clock.monotonic() - g.get("started", ports().clock.monotonic())
    route = request.url_rule.rule if request.url_rule else "-"
    method = request.method if request.method in METHODS else "-"
    SECONDS.labels(method, route, str(response.status_code)).observe(seconds)
    _count_failures(response.status_code)
    # Load balancers poll every second; log only their failures.
    if request.blueprint != "health" or response.status_code >= 400:
        _log(method, route, response.status_code, round(seconds * 1000, 1))
    return response


def _count_failures(status: int) -> None:
    # Failed health checks do not count as refused visitors.
    BUSY.inc(status == 503 and request.blueprint != "health")
    FAULTS.inc(status == 500)


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
