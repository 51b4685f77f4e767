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
