"""The figures that only the database knows: what they say, and what they say when it does not answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg2
import pytest
from flask import Flask
from prometheus_client import REGISTRY
from sqlalchemy import create_engine

from app.database.engine import Database, DatabaseBusy, engine_options
from app.hints import requests
from app.notifications import outbox_queries
from app.notifications.outbox import MOST_ATTEMPTS
from app.ops import scheduler, server_load_queries
from app.ops.jobs import Job
from app.ops.metric_gauges import GAUGES, write_figures
from app.ops.metrics import take_figures
from app.ports import Ports
from tests.support.clock import NOON, FixedClock
from tests.support.postgres import Cluster
from tests.support.powers import HERE, power_content, rich_team
from tests.support.world import World, world


def told(figure: str, **labels: str) -> float:
    """What the metrics of this process say now."""
    value = REGISTRY.get_sample_value(f"infinity_{figure}", labels)
    assert value is not None, f"there is no figure {figure}"
    return value


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, power_content()) as one:
        yield one


@pytest.fixture
def ports(make_app: Callable[..., Flask]) -> Ports:
    app = make_app(DB_POOL_SIZE="1", DB_POOL_TIMEOUT="0.2")
    return app.extensions["infinity"]  # type: ignore[no-any-return]


def test_nothing_waits_in_a_hunt_without_players(node: World) -> None:
    figures = take_figures(node.database, node.clock)
    assert (figures.outbox_waiting, figures.outbox_given_up, figures.outbox_oldest_seconds) == (0, 0, 0)
    assert (figures.hint_requests_waiting, figures.hint_request_oldest_seconds) == (0, 0)


def test_what_waits_in_the_outbox_is_told_with_the_age_of_the_oldest(node: World, clock: FixedClock) -> None:
    database = node.database
    with database.writing() as connection:
        for minutes, attempts in ((30, MOST_ATTEMPTS), (20, 0), (5, 0)):
            outbox_queries.add(connection, "mail", {}, clock.now() - timedelta(minutes=minutes))
            connection.exec_driver_sql(
                f"UPDATE outbox SET attempts = {attempts} WHERE id = (SELECT max(id) FROM outbox)"
            )
    figures = take_figures(node.database, node.clock)
    assert (figures.outbox_waiting, figures.outbox_given_up, figures.outbox_oldest_seconds) == (2, 1, 20 * 60)


def test_what_has_been_sent_waits_no_more(node: World, clock: FixedClock) -> None:
    with node.database.writing() as connection:
        outbox_queries.add(connection, "mail", {}, clock.now() - timedelta(minutes=20))
        outbox_queries.mark_sent(connection, 1, clock.now())
    assert take_figures(node.database, node.clock).outbox_oldest_seconds == 0


def test_a_question_that_nobody_answers_is_told_with_its_age(node: World, clock: FixedClock) -> None:
    requests.ask(node.for_hunt, rich_team(node, credits=2), node.puzzle("one"), "We are stuck.", HERE)
    clock.advance(600)
    figures = take_figures(node.database, node.clock)
    assert (figures.hint_requests_waiting, figures.hint_request_oldest_seconds) == (1, 600)


def test_whoever_forgets_an_open_transaction_is_told_of(node: World, database: str) -> None:
    if node.database.is_sqlite:
        assert server_load_queries.read_longest_idle_seconds(node.database) == 0
        return
    forgetful = psycopg2.connect(database)
    try:
        forgetful.cursor().execute("SELECT 1")
        forgetful.cursor().execute("SELECT pg_sleep(0.05)")
        first, second = (server_load_queries.read_longest_idle_seconds(node.database) for _ in range(2))
        assert 0 < first < second < 60
        forgetful.rollback()
        assert server_load_queries.read_longest_idle_seconds(node.database) < first
    finally:
        forgetful.close()


@pytest.mark.servers
def test_an_ordinary_account_counts_the_connections_of_others_too(postgres_database: str, postgres: Cluster) -> None:
    postgres.run("CREATE ROLE ordinary LOGIN")
    others = [psycopg2.connect(postgres_database) for _ in range(3)]
    name = postgres_database.rsplit("/", 1)[1]
    url = f"postgresql+psycopg2://ordinary@127.0.0.1:{postgres.port}/{name}"
    engine = create_engine(url, **engine_options(url, 1, 1, "ordinary"))
    try:
        load = server_load_queries.read_connections(Database(engine))
        assert load is not None
        assert load[0] >= 4
    finally:
        engine.dispose()
        for one in others:
            one.close()
        postgres.run("DROP ROLE ordinary")


def test_the_figures_stand_in_the_metrics(ports: Ports) -> None:
    write_figures(ports.database, ports.clock)
    assert told("outbox_waiting") == 0
    if not ports.database.is_sqlite:
        assert 1 <= told("database_server_connections") < told("database_server_limit") <= 100


def test_of_a_database_that_does_not_answer_nothing_is_claimed(ports: Ports) -> None:
    held = ports.database.engine.connect()
    try:
        with pytest.raises(DatabaseBusy):
            write_figures(ports.database, ports.clock)
        assert all(math.isnan(told(gauge._name.removeprefix("infinity_"))) for gauge in GAUGES.values())
    finally:
        held.close()
    write_figures(ports.database, ports.clock)
    assert told("outbox_waiting") == 0


def test_the_moment_of_a_jobs_last_good_run_is_told(app: Flask, clock: FixedClock) -> None:
    is_broken: set[str] = set()

    def work(_ports: Ports) -> None:
        if is_broken:
            raise LookupError

    moments = {True: "shared_job_done_at_seconds", False: "own_job_done_at_seconds"}
    for is_shared, figure in moments.items():
        job = Job(f"try-{is_shared}", 30, work, is_shared)
        scheduler.run(app, job, "a")
        assert told(figure, name=job.name) == clock.now().timestamp()
        is_broken.add(job.name)
        before = clock.now().timestamp()
        clock.advance(60)
        with pytest.raises(LookupError):
            scheduler.run(app, job, "a")
        assert told(figure, name=job.name) == before
        is_broken.clear()


def test_a_job_that_has_not_run_yet_is_told_of(app: Flask) -> None:
    jobs = [Job("soon", 3600, lambda _ports: None), Job("own", 3600, lambda _ports: None, is_shared=False)]
    scheduler.start(app, "a", jobs).shutdown()
    assert told("shared_job_done_at_seconds", name="soon") == 0
    assert told("own_job_done_at_seconds", name="own") == NOON.timestamp()
    assert told("job_runs_total", name="soon", outcome="failed") == 0
