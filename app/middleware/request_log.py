"""Request ids, log and metrics.

Ids are our own; one from outside is logged beside it. The log has the route, not the URL: paths hold tokens, queries
user input.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

from app.clock import Clock, begin_waiting, end_waiting
from app.web.kept_pages import Repeat
from app.web.visit import ports

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
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
logger = logging.getLogger("infinity.requests")
faults = logging.getLogger("infinity.faults")


def install(app: Flask) -> None:
    """First, to measure all hooks."""
    app.before_request(_start)
    app.after_request(_end)
    # A kept-alive connection can become a socket, which has no time limit.
    app.teardown_request(end_waiting)


def _start() -> None:
    clock = ports().clock
    g.started = clock.monotonic()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = secrets.token_hex(8)
    g.outside_id = given if _GIVEN.fullmatch(given) else None
    is_organisers = request.path.startswith("/admin")
    begin_waiting(clock, LONGEST_WAIT_OF_ORGANISERS if is_organisers else LONGEST_WAIT_SECONDS)


def _end(response: Response) -> Response:
    clock = ports().clock
    response.headers["X-Request-ID"] = g.get("request_id", "")
    entry = AnsweredRequest(
        clock=clock,
        started=g.get("started", clock.monotonic()),
        method=request.method if request.method in METHODS else "-",
        route=request.url_rule.rule if request.url_rule else "-",
        is_health=request.blueprint == "health",
        fields={
            "request_id": g.get("request_id", ""),
            "outside_id": g.get("outside_id"),
            "team": g.get("team_id"),
            "address": request.remote_addr or "",
        },
    )
    if response.is_streamed:
        # A body that is made while it is sent may still fail.
        response.response = WatchedBody(response.response, response.status_code, entry)
    else:
        entry.note(response.status_code)
    return response


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    clock: Clock
    started: float
    method: str
    route: str
    is_health: bool
    fields: Mapping[str, object]

    def note(self, status: int) -> None:
        seconds = self.clock.monotonic() - self.started
        SECONDS.labels(self.method, self.route, str(status)).observe(seconds)
        # Failed health checks do not count as refused visitors.
        BUSY.inc(status == 503 and not self.is_health)
        FAULTS.inc(status == 500)
        # Load balancers poll every second; log only their failures.
        if self.is_health and status < 400:
            return
        milliseconds = round(seconds * 1000, 1)
        given = {name: value for name, value in self.fields.items() if name != "outside_id" or value}
        extra = {**given, "method": self.method, "route": self.route, "status": status, "ms": milliseconds}
        logger.info("%s %s %s, %s ms", status, self.method, self.route, milliseconds, extra=extra)


class WatchedBody:
    """A streamed body that logs at its end; breaking off is a fault."""

    def __init__(self, body: Iterable[Any], status: int, entry: AnsweredRequest) -> None:
        self._body, self._pieces = body, iter(body)
        self._status, self._entry = status, entry
        self._is_noted = False

    def __iter__(self) -> WatchedBody:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._pieces)
        except StopIteration:
            raise
        except Exception as fault:
            self._status = 500
            number, route = self._entry.fields["request_id"], self._entry.route
            faults.error("fault %s in the middle of %s %s", number, self._entry.method, route, exc_info=fault)
            raise

    def close(self) -> None:
        """A client that has gone is no fault."""
        if not self._is_noted:
            self._is_noted = True
            self._entry.note(self._status)
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def note_repeated(environ: Mapping[str, Any], clock: Clock, started: float, repeat: Repeat) -> str:
    """Log an answer that Flask has not seen; return its id."""
    number, given = secrets.token_hex(8), environ.get("HTTP_X_REQUEST_ID", "")
    fields = {
        "request_id": number,
        "outside_id": given if _GIVEN.fullmatch(given) else None,
        "team": repeat.team_id,
        "address": environ.get("REMOTE_ADDR", ""),
    }
    AnsweredRequest(clock, started, "GET", repeat.route, False, fields).note(int(repeat.status[:3]))
    return number
