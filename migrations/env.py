"""How the tables are brought up to date: by ``flask db upgrade``, and by every node before it serves.

All steps run in one transaction, on SQLite too: after a fault, a kill or a power cut the database is as it was. Of
several nodes that start at once one migrates; the others wait for it and then find nothing to do. Steps only ever
widen what there is (new tables, new columns that may be empty), since the nodes of the release before go on working
meanwhile. That is also why no step may wait long for a table: five seconds, then it gives up and may be tried again; and
why a release that finds steps of a later one, as on the way back from it, leaves the database as it is and serves.
"""

from __future__ import annotations

import logging
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import NullPool

from app.database.schema import Base, Moment

# Any number will do, as long as nothing else in the database uses the same one.
MIGRATION_LOCK = 7_242_019
WAIT_FOR_ANOTHER_NODE = "120s"
WAIT_FOR_A_TABLE = "5s"
LONGEST_STATEMENT = "60s"
logger = logging.getLogger("infinity.migrations")


def direct_url() -> URL:
    """The way to the database that a pooler does not share with others, where there is one; else the usual way."""
    return make_url(current_app.extensions["config"].database_direct_url or usual_url())


def usual_url() -> URL:
    """The address that the program itself uses."""
    url: URL = current_app.extensions["migrate"].db.engine.url
    return url


def migration_engine(url: URL) -> Engine:
    """An engine for this purpose alone: the program's own has time limits that fit pages, not migrations."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 120})
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_immediate)
    return engine


def prepare_sqlite(connection: Any, _entry: object) -> None:
    """Transactions begin when we say so; foreign keys rest, as changing a table means to copy and drop it."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("PRAGMA journal_mode=WAL")


def begin_immediate(connection: Connection) -> None:
    """Let one process in at a time."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def wait_for_turn(connection: Connection) -> None:
    """Hold the migration lock until the transaction ends; a connection pooler in between does no harm."""
    if connection.dialect.name != "postgresql":
        return
    for name, limit in (
        ("idle_in_transaction_session_timeout", "0"),
        ("statement_timeout", "0"),
        ("lock_timeout", WAIT_FOR_ANOTHER_NODE),
    ):
        connection.exec_driver_sql(f"SET LOCAL {name} = '{limit}'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_FOR_A_TABLE}'")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{LONGEST_STATEMENT}'")


def check_references(connection: Connection) -> None:
    """Refuse a migration that leaves a reference to nothing; SQLite was not watching."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all() if connection.dialect.name == "sqlite" else []
    if broken:
        raise RuntimeError(f"the migration leaves broken references: {broken[:5]}")


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Write our own time type as the plain one it is, so that old migrations do not depend on today's code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "compare_type": True,
    "render_as_batch": True,
    "render_item": render_item,
}


def migrate() -> None:
    """Run what is asked for inside one transaction."""
    engine = migration_engine(direct_url())
    with engine.begin() as connection:
        wait_for_turn(connection)
        context.configure(connection=connection, **OPTIONS)
        if steps_of_a_later_release():
            logger.warning("the database has been migrated by a later release than this one; it is left as it is")
            return
        with context.begin_transaction():
            context.run_migrations()
        check_references(connection)


def steps_of_a_later_release() -> set[str]:
    """How far the database has been migrated, where that is beyond what this release knows."""
    return set(context.get_context().get_current_heads()) - {step.revision for step in context.script.walk_revisions()}


def print_statements() -> None:
    """Only say what would be done (``flask db upgrade --sql``)."""
    url = usual_url()
    context.configure(dialect_name=url.get_backend_name(), literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    print_statements()
else:
    migrate()
