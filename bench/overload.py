"""Twice as much as can be served: how fast is what is answered, how fast what is refused, and how much gets done.

The mix of :mod:`bench.mix`. First its most, by the clock, since ``wrk`` waits for answers; then twice that. The first
seconds of each are left out: a short crowd is let in, and only what lasts is refused.
"""

from __future__ import annotations

import asyncio

from bench.crowd import Heard, by_the_clock
from bench.fleet import Fleet, fleet
from bench.mix import ROUND, mixed_requests, most_of, warm_up
from bench.tables import Row, Table

SECONDS, FIRST_SECONDS = 15.0, 3.0
SHARES = (0.8, 1.0)
MOST_ANSWERED_MS, MOST_REFUSED_MS, LEAST_GOODPUT = 500.0, 200.0, 95.0


def measure(seconds: float = SECONDS) -> Table:
    """The table of an overload."""
    with fleet() as hunt:
        warm_up(hunt)
        most, _ = most_of(hunt, seconds, ROUND)
        peak = max(_goodput(_by_the_clock(hunt, most * share, seconds), seconds) for share in SHARES)
        heard = _by_the_clock(hunt, 2 * peak, seconds)
    goodput = _goodput(heard, seconds)
    refused = sum(heard.wrong.values())
    others = {status: count for status, count in heard.wrong.items() if status != 503}
    return Table(
        "The mix at twice its most",
        (
            Row("the most there is, by wrk", most, "requests/s", digits=0),
            Row("the most there is, by the clock", peak, "requests/s", digits=0),
            Row("answered, p95", heard.percentile_ms(0.95, is_refused=False), "ms", MOST_ANSWERED_MS, 0),
            Row("refused, p95", heard.percentile_ms(0.95, is_refused=True), "ms", MOST_REFUSED_MS, 0),
            Row("answered", goodput, "requests/s", digits=0),
            Row("answered, against the most", 100 * goodput / peak, "%", None, 0, f"goal ≥ {LEAST_GOODPUT:g} %"),
            Row("refused", refused, "", digits=0),
            Row("neither answered nor refused", sum(others.values()), "", 0, 0, str(others or "")),
        ),
    )


def _by_the_clock(hunt: Fleet, rate: float, seconds: float) -> Heard:
    request, port = mixed_requests(hunt), hunt.server.port
    whole = seconds + FIRST_SECONDS
    return asyncio.run(by_the_clock(port, rate, whole, request, len(hunt.players), skip_seconds=FIRST_SECONDS))


def _goodput(heard: Heard, seconds: float) -> float:
    return (len(heard.seconds) - sum(heard.wrong.values())) / seconds
