"""The scheduler of jobs, in every serving process.

Shared jobs are claimed by slot in the database; a job never overlaps itself. Repeated faults are logged once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from prometheus_client import Counter, Gauge

from app.clock import Clock
from app.ops import job_queries
from app.ops.jobs import JOBS, Job
from app.ports import Ports

LATEST_START_SECONDS = 30
# Nodes' clocks differ a little: a slot that far ahead may have been claimed by another node just now.
CLOCK_SKEW_SECONDS = 5
# The label is not called "job": Prometheus keeps that name for what it reads the figures from.
RUNS = Counter("infinity_job_runs", "Runs of periodic jobs, by name and outcome", ("name", "outcome"))
# Moments, not ages: whichever node ran a shared job last, the newest of all nodes' moments is the true one. Of the jobs
# that every process runs for itself the process that is furthest behind counts.
SHARED_DONE = Gauge(
    "infinity_shared_job_done_at_seconds",
    "When this node last ran a job of the whole fleet to its end, in seconds since 1970",
    ("name",),
    multiprocess_mode="max",
)
OWN_DONE = Gauge(
    "infinity_own_job_done_at_seconds",
    "When the processes of this node last ran a job of their own to its end, in seconds since 1970; the oldest of them",
    ("name",),
    multiprocess_mode="livemin",
)
logger = logging.getLogger("infinity.jobs")


def start(app: Flask, node: str, jobs: Sequence[Job] = JOBS) -> BackgroundScheduler:
    # The scheduler would log each fault and delay; we log them once.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": LATEST_START_SECONDS}
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=defaults)
    for job in jobs:
        _begin_counting(app, job)
        scheduler.add_job(partial(run, app, job, node), "interval", seconds=job.seconds, id=job.name)
    scheduler.add_listener(Reporter(), EVENT_JOB_ERROR | EVENT_JOB_EXECUTED)
    scheduler.start()
    return scheduler


def _begin_counting(app: Flask, job: Job) -> None:
    """Report jobs before their first run: a shared one as never run, an own one as just run."""
    for outcome in ("done", "failed"):
        RUNS.labels(job.name, outcome)
    if job.is_shared:
        SHARED_DONE.labels(job.name)
    else:
        _note_done(app.extensions["infinity"].clock, job)


def _note_done(clock: Clock, job: Job) -> None:
    gauge = SHARED_DONE if job.is_shared else OWN_DONE
    gauge.labels(job.name).set(clock.now().timestamp())


def run(app: Flask, job: Job, node: str) -> None:
    """Run it, if shared only after claiming the slot."""
    ports: Ports = app.extensions["infinity"]
    with app.app_context():
        if not job.is_shared:
            job.work(ports)
            _note_done(ports.clock, job)
            return
        slot = slot_of(ports.clock.now(), job.seconds)
        if job_queries.claim(ports.database, job.name, slot, node, ports.clock.now()):
            _run_claimed(ports, job, slot)
        else:
            ahead = ports.clock.now() + timedelta(seconds=CLOCK_SKEW_SECONDS)
            job_queries.forget_later(ports.database, job.name, slot_of(ahead, job.seconds))


def _run_claimed(ports: Ports, job: Job, slot: str) -> None:
    finish: Callable[..., None] = partial(job_queries.finish, ports.database, job.name, slot)
    try:
        job.work(ports)
    except Exception as fault:
        finish(ports.clock.now(), type(fault).__name__)
        raise
    finish(ports.clock.now())
    _note_done(ports.clock, job)


def slot_of(now: datetime, seconds: float) -> str:
    """The same on all nodes with a right clock."""
    start_of_slot = now.timestamp() // seconds * seconds
    return datetime.fromtimestamp(start_of_slot, UTC).isoformat(timespec="milliseconds")


class Reporter:
    """Counts runs; logs when a job begins to fail and when it works again."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    def __call__(self, event: JobExecutionEvent) -> None:
        fault = event.exception
        RUNS.labels(event.job_id, "failed" if fault else "done").inc()
        if fault and event.job_id not in self._failing:
            self._failing.add(event.job_id)
            logger.error("job %s fails", event.job_id, exc_info=fault)
        elif not fault and event.job_id in self._failing:
            self._failing.discard(event.job_id)
            logger.info("job %s works again", event.job_id)
