"""How full the database server is with connections. Called by the job that warns before it is too late."""

from __future__ import annotations

from sqlalchemy import text

from app.store.connections import Database

_LOAD = text(
    "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
    " current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
)


def read_connections(database: Database) -> tuple[int, int] | None:
    """Connections in use by everybody, and how many the server allows; None for the embedded database."""
    if database.is_sqlite:
        return None
    with database.reading() as connection:
        used, limit = connection.execute(_LOAD).one()
    return used, limit


_BY_NAME = text(
    "SELECT coalesce(nullif(application_name, ''), '(unnamed)'), count(*) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' GROUP BY 1 ORDER BY 1"
)


def read_connections_by_name(database: Database) -> dict[str, int]:
    """How many connections each program holds, by the name it gave; nothing for the embedded database."""
    if database.is_sqlite:
        return {}
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(_BY_NAME).all()}
