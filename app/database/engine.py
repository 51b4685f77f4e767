"""Connections, transactions and timeouts.

On SQLite, ``BEGIN IMMEDIATE`` admits one writer. Code inside ``writing`` must not yield (hashing, network, sleep,
socket), or a second writer deadlocks with it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Connection, Engine, Executable, Insert, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from app.clock import Clock, SystemClock, seconds_left
from app.core.text import sentence
from app.database import prepared
from app.errors import Busy, HuntError

# What services call the connection they are handed inside ``writing``.
Transaction = Connection

STATEMENT_TIMEOUT_MS = 5_000
IDLE_TRANSACTION_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 4_000
# Older idle connections may have been dropped silently.
LONG_REST_SECONDS = 20.0

# On PostgreSQL, BEGIN goes with the first statement, and what ``later`` takes with the next one or the COMMIT, to save
# round trips. Connection option: statements not sent yet. Statement option: do not send it yet.
_UNSENT, _IS_LATER = "infinity_unsent", "infinity_is_later"
_IDLE, _IN_TRANSACTION, _FAILED = 0, 2, 3  # libpq's transaction status

# Whether this request or job is inside a write transaction; the tests' guard against yielding looks at it.
is_writing: ContextVar[bool] = ContextVar("is_writing", default=False)


# Whether this request is read-only.
_is_read_only: ContextVar[bool] = ContextVar("is_read_only", default=False)


class ReadOnly(HuntError):
    """A write during impersonation."""

    code = "forbidden"
    message = sentence("You see the site as a team does: nothing can be changed meanwhile. Stop looking first.")


def forbid_writing() -> None:
    """Until :func:`allow_writing`, at the end of the request: its thread serves others."""
    _is_read_only.set(True)


def allow_writing(_fault: BaseException | None = None) -> None:
    """Also as a teardown function."""
    _is_read_only.set(False)


def may_write() -> bool:
    return not _is_read_only.get()


class DatabaseBusy(Busy):
    """No connection, response or lock in time. ``cause`` is for tracebacks."""

    retry_after = 5

    def __init__(self, cause: str = "") -> None:
        super().__init__()
        if cause:
            self.add_note(cause)


class ConnectionDied(DatabaseBusy):
    """Dead when used, as after a server restart; the next one is new."""


class Database:
    """The engine is Flask-SQLAlchemy's.

    ``is_direct``: without a pooler between, what pages ask is prepared.
    """

    def __init__(self, engine: Engine, *, is_direct: bool = False) -> None:
        self.engine, self.is_sqlite = engine, engine.dialect.name == "sqlite"
        self._prepares = is_direct and not self.is_sqlite
        self._reader: Engine = engine
        event.listen(engine, "before_cursor_execute", _refuse_late)
        if self.is_sqlite:
            self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_immediate)
        else:
            # Connections are born in autocommit (engine_options): reading, the usual thing, has nothing to set.
            _keep_fresh(engine)
            event.listen(engine, "do_execute", _send)
            event.listen(engine, "do_executemany", _send_many)

    def pool_use(self) -> tuple[int, int]:
        pool: Any = self.engine.pool
        return (pool.checkedout(), pool.size()) if hasattr(pool, "checkedout") else (0, 0)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """For reading, each statement by itself. Raises :class:`DatabaseBusy`."""
        with _translated(), self._reader.connect() as connection:
            yield connection

    def ask(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """One row by the driver alone, for page views.

        ``statement`` in the driver's style; must only read, since it is repeated on a dead connection. Raises
        :class:`DatabaseBusy`; LookupError without a row.
        """
        try:
            row = self._ask(statement, values, is_prepared=self._prepares)
        except ConnectionDied:
            row = self._ask(statement, values, is_prepared=self._prepares)
        if row is None:
            raise LookupError("the question has no answer")
        return row

    def change_at_once(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one message of statements as a transaction; return the last one's row. PostgreSQL only.

        Raises :class:`DatabaseBusy` and :class:`ReadOnly`.
        """
        if _is_read_only.get():
            raise ReadOnly
        return self._ask(statement, values)

    def _ask(self, statement: str, values: Mapping[str, Any], *, is_prepared: bool = False) -> tuple[Any, ...] | None:
        driver: Any = self.engine.dialect.loaded_dbapi
        try:
            with _translated():
                connection = self.engine.raw_connection()
            return self._row(connection, statement, values, is_prepared=is_prepared)
        except driver.Error as problem:
            if self.engine.dialect.is_disconnect(problem, None, None):
                raise ConnectionDied(type(problem).__name__) from problem
            if isinstance(problem, driver.OperationalError | driver.InterfaceError):
                raise DatabaseBusy(type(problem).__name__) from problem
            raise

    def _row(
        self, connection: PoolProxiedConnection, statement: str, values: Mapping[str, Any], *, is_prepared: bool
    ) -> tuple[Any, ...] | None:
        # Call the statement listeners, since no Connection is involved.
        heard, watch = SimpleNamespace(), self.engine.dispatch
        try:
            cursor = connection.cursor()
            for listener in watch.before_cursor_execute:
                listener(connection, cursor, statement, values, heard, False)
            if is_prepared:
                self._execute_prepared(connection, cursor, statement, values)
            else:
                cursor.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
            for listener in watch.after_cursor_execute:
                listener(connection, cursor, statement, values, heard, False)
            cursor.close()
        except DatabaseBusy:
            connection.close()
            raise
        except BaseException:
            # Also where the request was given up in the middle: an answer may still be on its way.
            connection.invalidate()
            raise
        connection.close()
        return row

    def _execute_prepared(
        self, connection: PoolProxiedConnection, cursor: Any, statement: str, values: Mapping[str, Any]
    ) -> None:
        try:
            prepared.execute(connection, cursor, statement, values)
        except prepared.NOT_AS_PREPARED as problem:
            logger.warning("statements are not prepared any more: %s", type(problem).__name__)
            self._prepares = False
            cursor.execute(statement, values)

    @contextmanager
    def writing(self, *, is_upkeep: bool = False) -> Iterator[Connection]:
        """One transaction. Raises :class:`DatabaseBusy`.

        Raises :class:`ReadOnly` in a read-only request, except for ``is_upkeep``.
        """
        if _is_read_only.get() and not is_upkeep:
            raise ReadOnly
        token = is_writing.set(True)
        try:
            with _translated(), self._transaction() as connection:
                yield connection
        finally:
            is_writing.reset(token)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            if self.is_sqlite:
                with connection.begin():
                    yield connection
                return
            unsent = [b"BEGIN"]
            connection.execution_options(**{_UNSENT: unsent})
            try:
                with connection.begin():
                    yield connection
                    if unsent != [b"BEGIN"]:
                        connection.exec_driver_sql("COMMIT")
            finally:
                _end_transaction(connection)

    @contextmanager
    def frozen_view(self) -> Iterator[Connection]:
        """A consistent snapshot, for backups."""
        with _translated(), self._view() as connection:
            # A deferred transaction on SQLite: the "begin" below would lock writers out.
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
    """A small pool; every wait is bounded."""
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": pool_timeout}
    if database_url.startswith("sqlite"):
        return options | {"connect_args": {"timeout": 5.0, "check_same_thread": False}}
    options["isolation_level"] = "AUTOCOMMIT"
    return options | {"connect_args": connect_arguments(application_name)}


def connect_arguments(application_name: str) -> dict[str, Any]:
    limits = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
        f" -c idle_in_transaction_session_timeout={IDLE_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
    )
    keepalive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 15_000}
    return {"connect_timeout": 5, "options": limits, "application_name": application_name, **keepalive}


def _refuse_late(*_words: object) -> None:
    """No further statement after the request's deadline; its transaction rolls back."""
    if seconds_left(STATEMENT_TIMEOUT_MS) <= 0:
        raise DatabaseBusy("the request has waited long enough")


@contextmanager
def _translated() -> Iterator[None]:
    _refuse_late()
    try:
        yield
    except PoolTimeout as problem:
        raise DatabaseBusy(type(problem).__name__) from problem
    except DBAPIError as problem:
        # The driver has no own error class for a server that ends in between.
        if problem.connection_invalidated:
            raise ConnectionDied(type(problem).__name__) from problem
        if not isinstance(problem, OperationalError | InterfaceError):
            raise
        raise DatabaseBusy(type(problem).__name__) from problem


def later(connection: Connection, statement: Executable, values: Mapping[str, Any] | None = None) -> None:
    """Execute a statement without results; on PostgreSQL it is sent with the next one or the COMMIT, which raise its
    errors.
    """
    if isinstance(statement, Insert):
        statement = statement.inline()  # no column that the database fills in comes back
    connection.execute(statement, values or {}, execution_options={_IS_LATER: True})


def _send(cursor: Any, statement: str, values: Any, context: Any) -> bool:
    """Send unsent statements and this one as one message; False if there are none."""
    options = context.execution_options
    unsent: list[bytes] | None = options.get(_UNSENT)
    if unsent is None or not (unsent or options.get(_IS_LATER)):
        return False
    if options.get(_IS_LATER):
        unsent.append(cursor.mogrify(statement, values))
        return True
    message = b"; ".join((*unsent, cursor.mogrify(statement, values)))
    unsent.clear()
    cursor.execute(message)
    return True


def _send_many(cursor: Any, _statement: str, _values: Any, context: Any) -> None:
    unsent: list[bytes] = context.execution_options.get(_UNSENT, [])
    if unsent:
        message = b"; ".join(unsent)
        unsent.clear()
        cursor.execute(message)


def _end_transaction(connection: Connection) -> None:
    """Roll back what was not committed; a connection that is not idle is closed."""
    if connection.invalidated:
        return
    driver: Any = connection.connection.dbapi_connection
    state = driver.info.transaction_status
    try:
        if state in (_IN_TRANSACTION, _FAILED):
            driver.cursor().execute("ROLLBACK")
        elif state != _IDLE:
            connection.invalidate()
    except driver.Error:
        connection.invalidate()


def _keep_fresh(engine: Engine) -> None:
    """Detect dead connections at checkout without a round trip.

    A closed connection is readable at once; only long idle ones are pinged. A dead one invalidates the pool, since
    after a restart all are dead, also for writes, which cannot be repeated.
    """
    clock = SystemClock()

    def note(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["answered_at"] = clock.monotonic()

    def check(connection: Any, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        driver: Any = engine.dialect.loaded_dbapi
        try:
            # Twice: the first reads what the server said before it closed, the second the end. A microsecond in all.
            connection.poll()
            connection.poll()
            if clock.monotonic() - entry.info["answered_at"] > LONG_REST_SECONDS:
                engine.dialect.do_ping(connection)
        except driver.Error as problem:
            raise InvalidatePoolError from problem

    event.listen(engine, "connect", note)
    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", check)


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # isolation_level None stops the driver from opening transactions by itself; "begin" below does it on purpose.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


# Enough to recognise a statement by.
LONGEST_TEXT = 600
SLOW = Counter("infinity_database_slow_statements", "Statements that took longer than SLOW_QUERY_MS")
logger = logging.getLogger("infinity.database")


def watch(engine: Engine, clock: Clock, threshold_ms: int) -> None:
    """``threshold_ms`` 0 logs none."""
    if not threshold_ms:
        return

    def begin(_connection: Connection, _cursor: Any, _statement: str, _given: Any, context: Any, _many: bool) -> None:
        context.infinity_began = clock.monotonic()

    def end(_connection: Connection, _cursor: Any, statement: str, _given: Any, context: Any, _many: bool) -> None:
        milliseconds = (clock.monotonic() - context.infinity_began) * 1000
        if milliseconds >= threshold_ms:
            _tell(statement, milliseconds, threshold_ms)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)


def _tell(statement: str, milliseconds: float, threshold_ms: int) -> None:
    SLOW.inc()
    text = " ".join(statement.split())[:LONGEST_TEXT]
    fields = {"ms": round(milliseconds, 1), "threshold_ms": threshold_ms, "statement": text}
    logger.warning("a statement took %s ms", fields["ms"], extra=fields)
