"""Queries for all tables as JSON lines, for both databases.

``{"t": TABLE, "r": {COLUMN: VALUE}}``; times in ISO, UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Table, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from app.database.engine import Database
from app.database.schema import Base, HuntState, Moment

BATCH = 500
# A long timeout: only the command waits.
_PATIENCE = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

Row = tuple[str, dict[str, Any]]


class RowsRefused(Exception):
    """Rows do not fit the tables; nothing was changed."""


class NotEmpty(Exception):
    """The database has a hunt; nothing was changed."""


@contextmanager
def all_rows(database: Database) -> Iterator[Iterator[Row]]:
    """As of one moment, in order of references."""
    with database.frozen_view() as connection:
        _be_patient(connection)
        yield _rows(connection)


def replace_all(database: Database, rows: Iterable[Row], is_forced: bool) -> int:
    """Replace everything; returns the number of rows.

    Raises :class:`NotEmpty` unless forced, and :class:`RowsRefused`.
    """
    with database.writing() as connection:
        _be_patient(connection)
        if not is_forced and not _is_empty(connection):
            raise NotEmpty
        revision = connection.execute(select(HuntState.settings_revision)).scalar() or 0
        _clear(connection)
        count = _fill(connection, rows)
        _continue_numbering(connection)
        # Processes that are running notice by a revision they have not seen.
        connection.execute(update(HuntState).values(settings_revision=HuntState.settings_revision + revision + 1))
    return count


def _rows(connection: Connection) -> Iterator[Row]:
    for table in Base.metadata.sorted_tables:
        keys = list(table.primary_key.columns)
        for row in connection.execute(select(table).order_by(*keys).execution_options(yield_per=BATCH)):
            yield table.name, {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _be_patient(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        for wait in _PATIENCE:
            connection.execute(text(f"SET LOCAL {wait} = 0"))


def _is_empty(connection: Connection) -> bool:
    state = connection.execute(select(HuntState.content_version)).scalar()
    others = [table for table in Base.metadata.sorted_tables if table.name != HuntState.__tablename__]
    return state is None and all(
        connection.execute(select(1).select_from(table).limit(1)).first() is None for table in others
    )


def _clear(connection: Connection) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        connection.execute(table.delete())


def _fill(connection: Connection, rows: Iterable[Row]) -> int:
    count = 0
    for name, group in groupby(rows, key=lambda row: row[0]):
        table = Base.metadata.tables.get(name)
        if table is None:
            raise RowsRefused(f"there is no table {name[:64]!r} in this version of the program")
        count += _fill_table(connection, table, (row for _, row in group))
    return count


def _fill_table(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> int:
    count, batch = 0, []
    for row in rows:
        batch.append(_typed(table, row))
        if len(batch) == BATCH:
            count += _insert(connection, table, batch)
            batch = []
    return count + _insert(connection, table, batch)


def _insert(connection: Connection, table: Table, batch: list[dict[str, Any]]) -> int:
    if not batch:
        return 0
    if any(row.keys() != batch[0].keys() for row in batch):
        raise RowsRefused(f"the rows of the table {table.name} do not all have the same columns")
    try:
        connection.execute(insert(table), batch)
    except (IntegrityError, DataError, StatementError, OverflowError) as problem:
        raise RowsRefused(f"a row does not fit the table {table.name} ({type(problem).__name__})") from problem
    return len(batch)


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(row) - set(table.columns.keys()))
    if unknown:
        raise RowsRefused(f"the table {table.name} has no column {unknown[0][:64]!r} in this version of the program")
    return {name: _value(table.columns[name], value) for name, value in row.items()}


def _value(column: Column[Any], value: Any) -> Any:
    try:
        if value is not None and isinstance(column.type, Moment):
            return datetime.fromisoformat(value)
        return bool(value) if value is not None and isinstance(column.type, Boolean) else value
    except (TypeError, ValueError):
        raise RowsRefused(f"{column.table.name}.{column.name} holds something that is no time") from None


def _continue_numbering(connection: Connection) -> None:
    """Set PostgreSQL's sequences; SQLite needs none."""
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        sequence = column is not None and connection.scalar(
            select(func.pg_get_serial_sequence(table.name, column.name))
        )
        if sequence and column is not None:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(sequence, highest, False)))
