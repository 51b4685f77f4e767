"""What the jobs do: tidy up, keep in step, warn."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from flask import Flask

from app.database import hunt_state, teams
from app.guesses import queries as guess_queries
from app.ops import job_queries, jobs, server_load_queries
from app.ports import Ports
from tests.support.clock import FixedClock


@pytest.fixture
def ports(app: Flask) -> Ports:
    return app.extensions["infinity"]  # type: ignore[no-any-return]


def count(ports: Ports, table: str) -> int:
    with ports.database.reading() as connection:
        return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # type: ignore[no-any-return]


def test_reservations_and_runs_that_count_no_more_are_swept(ports: Ports, clock: FixedClock) -> None:
    now = clock.now()
    with ports.database.writing() as connection:
        columns = {
            "name": "walkers",
            "name_key": "walkers",
            "display_name": "W",
            "display_key": "w",
            "division": "open",
        }
        team = teams.add(connection, **columns, created_at=now)
        guess_queries.reserve(connection, team, "rec1", "old", "me", now - timedelta(seconds=61))
        guess_queries.reserve(connection, team, "rec1", "new", "me", now - timedelta(seconds=59))
        guess_queries.keep_reply(connection, team, "rec1", "answered", now - timedelta(hours=1), "{}")
    job_queries.claim(ports.database, "grant", "old", "a", now - timedelta(days=3))
    job_queries.claim(ports.database, "grant", "new", "a", now)
    jobs.sweep(ports)
    assert count(ports, "receipts") == 2, "a reply is kept, whatever its age"
    assert count(ports, "job_runs") == 1


def test_a_process_that_serves_nobody_learns_of_changed_settings(ports: Ports, clock: FixedClock) -> None:
    with ports.database.writing() as connection:
        hunt_state.write_settings(connection, {"xp": "on"}, clock.now())
    before = ports.in_force.settings_revision
    jobs.follow(ports)
    assert ports.in_force.settings_revision > before


@pytest.mark.parametrize(("used", "is_warned"), [(79, False), (80, True), (100, True)])
def test_a_database_server_that_fills_up_is_warned_of(
    ports: Ports, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, used: int, is_warned: bool
) -> None:
    monkeypatch.setattr(server_load_queries, "read_connections", lambda _database: (used, 100))
    with caplog.at_level(logging.WARNING):
        jobs.watch_connections(ports)
    assert (f"{used} of 100 connections" in caplog.text) is is_warned


def test_the_servers_connections_are_counted(ports: Ports) -> None:
    load = server_load_queries.read_connections(ports.database)
    if ports.database.is_sqlite:
        assert load is None
        return
    assert load is not None
    used, limit = load
    assert 1 <= used < limit <= 100
