"""The metrics of the database, refreshed by a job in every process.

Without the database they are NaN.
"""

from __future__ import annotations

from dataclasses import asdict
from math import nan

from prometheus_client import Gauge

from app.clock import Clock
from app.database.engine import Database, DatabaseBusy
from app.ops.metrics import take_figures

# By the names that the service gives them; of a node's processes the one that asked last is right.
GAUGES = {
    field: Gauge(f"infinity_{name}", meaning, multiprocess_mode="livemostrecent")
    for field, name, meaning in (
        ("server_connections", "database_server_connections", "Connections to the database server, by everybody"),
        ("server_limit", "database_server_limit", "Connections the server allows"),
        (
            "longest_idle_seconds",
            "database_idle_in_transaction_seconds",
            "How long the longest idle transaction has been idle",
        ),
        ("outbox_waiting", "outbox_waiting", "Mails and notices that wait to be sent"),
        ("outbox_given_up", "outbox_given_up", "Mails and notices that will not be tried again"),
        ("outbox_oldest_seconds", "outbox_oldest_seconds", "How long the oldest mail or notice has waited"),
        ("hint_requests_waiting", "hint_requests_waiting", "Questions of teams that nobody has answered"),
        ("hint_request_oldest_seconds", "hint_request_oldest_seconds", "How long the oldest question has waited"),
    )
}


def write_figures(database: Database, clock: Clock) -> None:
    """Raises :class:`app.database.engine.DatabaseBusy`."""
    try:
        figures = asdict(take_figures(database, clock))
    except DatabaseBusy:
        for gauge in GAUGES.values():
            gauge.set(nan)
        raise
    for field, gauge in GAUGES.items():
        gauge.set(figures[field])
