"""How a connection is taken, what it is allowed to wait for, and when it goes back.

Called by every module of :mod:`app.store` and by the services that need several changes in one transaction. On SQLite
a write transaction begins with ``BEGIN IMMEDIATE``, which is the row lock of that database: it lets one writer in.
Inside ``writing`` nothing may yield to another request (no hashing, network, sleep, socket): on SQLite the second
writer would then wait for a first that cannot run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from app.clock import seconds_left

# What services call the connection they are handed inside ``writing``.
Transaction = Connection

STATEMENT_TIMEOUT_MS = 5_000
IDLE_TRANSACTION_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 4_000

# Whether this request or job is inside a write transaction; the tests' guard against yielding looks at it.
is_writing: ContextVar[bool] = ContextVar("is_writing", default=False)


class DatabaseBusy(Exception):
    """No connection, no answer or no lock within the time allowed. Nothing was changed; try again in a moment."""


class Database:
    """The app's two ways to the database. Made once by the factory; the engine belongs to Flask-SQLAlchemy."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(engine, "before_cursor_execute", _refuse_late)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_immediate)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def pool_use(self) -> tuple[int, int]:
        """How many connections of this process are taken, and how many there may be."""
        pool: Any = self.engine.pool
        return (pool.checkedout(), pool.size()) if hasattr(pool, "checkedout") else (0, 0)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading: each statement on its own. Raises :class:`DatabaseBusy`."""
        with _translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any exception. Raises :class:`DatabaseBusy`."""
        token = is_writing.set(True)
        try:
            with _translated(), self.engine.begin() as connection:
                yield connection
        finally:
            is_writing.reset(token)

    @contextmanager
    def frozen_view(self) -> Iterator[Connection]:
        """A connection that sees the database as it was at one moment, however long reading takes. For backups."""
        with _translated(), self._view() as connection:
            # SQLite's view is begun by hand: the transaction of "begin" below would keep everybody from writing.
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                if self.is_sqlite:
                    connection.exec_driver_sql("ROLLBACK")

    def _view(self) -> Connection:
        if self.is_sqlite:
            return self._reader.connect()
        return self.engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def engine_options(database_url: str, pool_size: int, pool_timeout: float, application_name: str) -> dict[str, Any]:
    """What Flask-SQLAlchemy gives to ``create_engine``. A small, bounded pool; every wait has an end."""
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": pool_timeout}
    options["pool_pre_ping"] = True
    if database_url.startswith("sqlite"):
        return options | {"pool_pre_ping": False, "connect_args": {"timeout": 5.0, "check_same_thread": False}}
    limits = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
        f" -c idle_in_transaction_session_timeout={IDLE_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
    )
    keepalive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 15_000}
    connect_args = {"connect_timeout": 5, "options": limits, "application_name": application_name, **keepalive}
    return options | {"connect_args": connect_args}


def _refuse_late(*_words: object) -> None:
    """A request whose time is over waits for no further statement; its transaction is rolled back."""
    if seconds_left(STATEMENT_TIMEOUT_MS) <= 0:
        raise DatabaseBusy("the request has waited long enough")


@contextmanager
def _translated() -> Iterator[None]:
    _refuse_late()
    try:
        yield
    except (PoolTimeout, OperationalError, InterfaceError) as problem:
        raise DatabaseBusy(type(problem).__name__) from problem
    except DBAPIError as problem:
        # A server that ends in the middle of an answer is told of in words of the driver's own, under no finer name.
        if not problem.connection_invalidated:
            raise
        raise DatabaseBusy(type(problem).__name__) from problem


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # isolation_level None stops the driver from opening transactions by itself; "begin" below does it on purpose.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
