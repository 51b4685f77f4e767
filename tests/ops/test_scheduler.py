"""The scheduler: shared jobs once among all processes, faults counted and told once, nothing by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.database.engine import Database
from app.ops import job_queries
from app.ops import scheduler as ops_scheduler
from app.ops.jobs import JOBS, Job
from app.ports import Ports
from tests.support.clock import NOON, FixedClock


@pytest.fixture
def database_of(app: Flask) -> Database:
    return app.extensions["infinity"].database  # type: ignore[no-any-return]


def runs(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, node, finished_at IS NOT NULL, problem FROM job_runs ORDER BY slot"
        )
        return [tuple(row) for row in rows]


def counting(name: str, is_shared: bool = True) -> tuple[Job, list[str]]:
    done: list[str] = []
    return Job(name, 30, lambda _ports: done.append(name), is_shared), done


def test_a_shared_job_runs_once_a_slot_however_many_processes_there_are(app: Flask, clock: FixedClock) -> None:
    job, done = counting("grant")
    for node in ("a", "b", "c"):
        ops_scheduler.run(app, job, node)
    assert len(done) == 1
    clock.advance(30)
    for node in ("b", "a"):
        ops_scheduler.run(app, job, node)
    assert len(done) == 2
    assert [(name, node, is_over) for name, node, is_over, _ in runs(app.extensions["infinity"].database)] == [
        ("grant", "a", True),
        ("grant", "b", True),
    ]


def test_processes_that_claim_at_the_same_moment_share_one_run(database_of: Database) -> None:
    start, won = threading.Barrier(8), []

    def claim(node: str) -> None:
        start.wait()
        if job_queries.claim(database_of, "grant", "noon", node, NOON):
            won.append(node)

    threads = [threading.Thread(target=claim, args=(f"node {number}",)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(won) == 1
    assert runs(database_of)[0][1] == won[0]


def test_a_job_of_every_process_runs_in_every_process(app: Flask) -> None:
    job, done = counting("follow", is_shared=False)
    for node in ("a", "b"):
        ops_scheduler.run(app, job, node)
    assert len(done) == 2


def test_a_clock_that_is_set_back_stops_no_job(app: Flask, clock: FixedClock) -> None:
    job, done = counting("grant")
    for _ in range(20):
        ops_scheduler.run(app, job, "a")
        clock.advance(30)
    clock.set_wall(NOON + timedelta(seconds=45))
    before = len(done)
    for _ in range(4):
        ops_scheduler.run(app, job, "a")
        clock.advance(30)
    assert len(done) - before >= 3, "the slot that both times share is the only one that counts as done"


def test_a_slot_claimed_by_a_clock_that_is_a_little_ahead_stays_claimed(app: Flask, clock: FixedClock) -> None:
    job, done = counting("grant")
    ops_scheduler.run(app, job, "ahead")
    clock.advance(31)
    ops_scheduler.run(app, job, "ahead")
    clock.set_wall(NOON + timedelta(seconds=28))
    for seconds in (0, 4):
        clock.advance(seconds)
        ops_scheduler.run(app, job, "behind")
    assert len(done) == 2


def test_slots_are_the_same_on_every_node() -> None:
    assert ops_scheduler.slot_of(NOON, 30) == ops_scheduler.slot_of(NOON + timedelta(seconds=29.9), 30)
    assert ops_scheduler.slot_of(NOON, 30) != ops_scheduler.slot_of(NOON + timedelta(seconds=30), 30)
    assert ops_scheduler.slot_of(NOON, 0.5) != ops_scheduler.slot_of(NOON + timedelta(seconds=0.5), 0.5)


def test_a_run_that_fails_is_noted_with_its_kind_and_nothing_more(app: Flask) -> None:
    def fail(_ports: Ports) -> None:
        raise LookupError("a name that somebody typed")

    with pytest.raises(LookupError):
        ops_scheduler.run(app, Job("grant", 30, fail), "a")
    ((_, _, is_over, problem),) = runs(app.extensions["infinity"].database)
    assert (is_over, problem) == (True, "LookupError")


def test_a_job_that_fails_every_time_is_told_of_once_and_once_when_it_works_again(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    is_broken, seen = [True], threading.Semaphore(0)

    def work(_ports: Ports) -> None:
        seen.release()
        if is_broken:
            raise LookupError

    logging.getLogger("infinity.jobs").addHandler(caplog.handler)
    with caplog.at_level(logging.INFO, "infinity.jobs"):
        scheduler = ops_scheduler.start(app, "a", [Job("grant", 0.02, work, is_shared=False)])
        try:
            for _ in range(4):
                assert seen.acquire(timeout=30)
            is_broken.clear()
            for _ in range(4):
                assert seen.acquire(timeout=30)
        finally:
            scheduler.shutdown()
    said = [record.getMessage() for record in caplog.records if record.name == "infinity.jobs"]
    assert list(dict.fromkeys(said)) == ["job grant fails", "job grant works again"]
    assert said.count("job grant fails") <= 2, "once for each way the log is listened to"


def test_nothing_runs_by_itself_in_a_test(app: Flask) -> None:
    app.test_client().get("/healthz")
    assert not [one.name for one in threading.enumerate() if "APScheduler" in one.name]


def test_names_of_jobs_are_unique() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)


def test_the_jobs_run_on_both_databases(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    for job in JOBS:
        ops_scheduler.run(app, job, "a")
    shared = {job.name for job in JOBS if job.is_shared}
    assert {(name, problem) for name, _, _, problem in runs(app.extensions["infinity"].database)} <= {
        (name, "") for name in shared
    }
