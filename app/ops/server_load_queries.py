"""Queries for the server's connections.

Other accounts' states are hidden, their connections are not.
"""

from __future__ import annotations

from sqlalchemy import text

from app.database.engine import Database

_LOAD = text(
    "SELECT (SELECT count(*) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL)),"
    " current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
)


def read_connections(database: Database) -> tuple[int, int] | None:
    if database.is_sqlite:
        return None
    with database.reading() as connection:
        used, limit = connection.execute(_LOAD).one()
    return used, limit


_IDLE = text(
    "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - state_change)), 0) FROM pg_stat_activity"
    " WHERE state LIKE 'idle in transaction%'"
)


def read_longest_idle_seconds(database: Database) -> float:
    """Of transactions; 0 without one, or on SQLite."""
    if database.is_sqlite:
        return 0.0
    with database.reading() as connection:
        return float(connection.execute(_IDLE).scalar_one())


_BY_NAME = text(
    "SELECT coalesce(nullif(application_name, ''), '(unnamed)'), count(*) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' GROUP BY 1 ORDER BY 1"
)


def read_connections_by_name(database: Database) -> dict[str, int]:
    if database.is_sqlite:
        return {}
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(_BY_NAME).all()}
