"""The status page's figures: processes, connections, pool, sockets, jobs."""

from __future__ import annotations

from dataclasses import dataclass

from app.broadcast.presence import Online, count_online
from app.clock import Clock
from app.core.text import sentence
from app.database.engine import Database
from app.ops import job_queries, server_load_queries
from app.ops.job_queries import LastRun


@dataclass(frozen=True, slots=True)
class VitalSigns:
    database: str
    connections: int | None
    connections_limit: int | None
    by_name: dict[str, int]
    online: Online
    jobs: tuple[LastRun, ...]
    pool_in_use: int
    pool_size: int


@dataclass(frozen=True, slots=True)
class Light:
    name: str
    is_good: bool
    note: str


FULL = 0.8  # of the connections that the server allows
NOT_RESTOCKED = {"refused", "failed", "lost"}


def lights(signs: VitalSigns, has_redis: bool, is_cut_off: bool, restocked: str, version: int) -> tuple[Light, ...]:
    """``restocked``: the state of the last restock from the pages, or empty."""
    failed = [run.name for run in signs.jobs if run.problem]
    return (
        _database_light(signs),
        _live_light(signs, has_redis, is_cut_off),
        Light(
            sentence("Content"),
            restocked not in NOT_RESTOCKED,
            sentence("Version %(number)s is live; the last restock failed.", number=version)
            if restocked in NOT_RESTOCKED
            else sentence("Version %(number)s is live.", number=version),
        ),
        Light(
            sentence("Jobs"),
            not failed,
            sentence("Failed: %(names)s.", names=", ".join(failed)) if failed else sentence("No failures."),
        ),
    )


def _database_light(signs: VitalSigns) -> Light:
    if not signs.connections_limit:
        return Light(sentence("Database"), True, signs.database)
    used, limit = signs.connections or 0, signs.connections_limit
    is_full = used >= limit * FULL
    note = (
        sentence(
            "%(used)s of %(limit)s connections used. When all are, visitors are turned away.", used=used, limit=limit
        )
        if is_full
        else sentence("%(used)s of %(limit)s connections used.", used=used, limit=limit)
    )
    return Light(sentence("Database"), not is_full, note)


def _live_light(signs: VitalSigns, has_redis: bool, is_cut_off: bool) -> Light:
    name = sentence("Live updates")
    if is_cut_off:
        return Light(name, False, sentence("Redis can’t be reached. Pages ask every few seconds instead."))
    if has_redis:
        return Light(name, True, sentence("Through Redis."))
    if len(signs.online.by_process) > 1:
        return Light(name, False, sentence("Several processes, but no Redis: set REDIS_URL."))
    return Light(name, True, sentence("One process, no Redis needed."))


def take_signs(database: Database, clock: Clock) -> VitalSigns:
    """The pool is this process's."""
    load = server_load_queries.read_connections(database)
    used, limit = load or (None, None)
    in_use, size = database.pool_use()
    return VitalSigns(
        database=sentence("SQLite, a file beside the program") if database.is_sqlite else "PostgreSQL",
        connections=used,
        connections_limit=limit,
        by_name=server_load_queries.read_connections_by_name(database),
        online=count_online(database, clock),
        jobs=tuple(job_queries.read_last_runs(database)),
        pool_in_use=in_use,
        pool_size=size,
    )
