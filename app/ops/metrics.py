"""Figures from the database for the metrics, read by a job, never by a scrape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.clock import Clock
from app.database.engine import Database
from app.notifications import outbox_queries
from app.notifications.outbox import HOOK, MOST_ATTEMPTS
from app.ops import dashboard_queries, server_load_queries


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts and seconds; 0 if nothing waits. SQLite: 0 of 0 connections."""

    server_connections: int
    server_limit: int
    longest_idle_seconds: float
    outbox_waiting: int
    outbox_given_up: int
    outbox_oldest_seconds: float
    hint_requests_waiting: int
    hint_request_oldest_seconds: float


def take_figures(database: Database, clock: Clock) -> Figures:
    """Raises :class:`app.database.engine.DatabaseBusy`."""
    used, limit = server_load_queries.read_connections(database) or (0, 0)
    # Team webhooks are not the organisers' concern.
    backlog = outbox_queries.read_backlog(database, MOST_ATTEMPTS, besides=HOOK)
    waiting, oldest_request = dashboard_queries.read_waiting(database)
    return Figures(
        server_connections=used,
        server_limit=limit,
        longest_idle_seconds=server_load_queries.read_longest_idle_seconds(database),
        outbox_waiting=backlog.waiting,
        outbox_given_up=backlog.given_up,
        outbox_oldest_seconds=_seconds_since(
            clock, outbox_queries.oldest_waiting(database, MOST_ATTEMPTS, besides=HOOK)
        ),
        hint_requests_waiting=waiting,
        hint_request_oldest_seconds=_seconds_since(clock, oldest_request),
    )


def _seconds_since(clock: Clock, moment: datetime | None) -> float:
    return max(0.0, (clock.now() - moment).total_seconds()) if moment else 0.0
