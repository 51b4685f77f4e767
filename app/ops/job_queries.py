"""Queries for job runs.

The primary key (job, slot) lets one process insert a slot's row and run it: no leader is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from app.database.engine import Database
from app.database.schema import JobRun, Moment

_CLAIM = text(
    "INSERT INTO job_runs (name, slot, node, started_at, problem) VALUES (:name, :slot, :node, :at, '')"
    " ON CONFLICT DO NOTHING RETURNING slot"
).bindparams(bindparam("at", type_=Moment()))


def claim(database: Database, name: str, slot: str, node: str, now: datetime) -> bool:
    """True for exactly one process."""
    row = {"name": name, "slot": slot, "node": node[:80], "at": now}
    with database.writing() as connection:
        return connection.execute(_CLAIM, row).one_or_none() is not None


def forget_later(database: Database, name: str, newest_slot: str) -> None:
    """Drop slots ahead of this one, left by a clock that was set back: they would block the job."""
    with database.writing() as connection:
        connection.execute(delete(JobRun).where((JobRun.name == name) & (JobRun.slot > newest_slot)))


def finish(database: Database, name: str, slot: str, now: datetime, problem: str = "") -> None:
    mine = (JobRun.name == name, JobRun.slot == slot)
    with database.writing() as connection:
        connection.execute(update(JobRun).where(*mine).values(finished_at=now, problem=problem[:300]))


@dataclass(frozen=True, slots=True)
class LastRun:
    name: str
    node: str
    started_at: datetime
    finished_at: datetime | None
    problem: str


def read_last_runs(database: Database) -> list[LastRun]:
    newest = select(JobRun.name, func.max(JobRun.slot).label("slot")).group_by(JobRun.name).subquery()
    query = select(JobRun.name, JobRun.node, JobRun.started_at, JobRun.finished_at, JobRun.problem)
    query = query.join(newest, (newest.c.name == JobRun.name) & (newest.c.slot == JobRun.slot)).order_by(JobRun.name)
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [LastRun(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def sweep(connection: Connection, started_before: datetime) -> int:
    return connection.execute(delete(JobRun).where(JobRun.started_at < started_before)).rowcount
