"""Queries for the site's own tables. Each change increments ``revision``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from app.database.engine import Database
from app.database.schema import SiteAsset, SiteRecord
from app.database.teams import lock

# Names the advisory lock for changes of several records at once.
LOCK = 1_651_470


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """``fields`` is incomplete if read by :func:`read_outlines`."""

    table: str
    id: str
    fields: Mapping[str, Any]
    revision: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class StoredAsset:
    name: str
    path: str
    media_type: str
    size: int


_STAMPS: tuple[Any, ...] = (SiteRecord.revision, SiteRecord.changed_at, SiteRecord.changed_by)
_WHOLE: tuple[Any, ...] = (SiteRecord.table_name, SiteRecord.id, SiteRecord.fields, *_STAMPS)
_OUTLINE: tuple[Any, ...] = (SiteRecord.table_name, SiteRecord.id, SiteRecord.outline, *_STAMPS)


def lock_tables(connection: Connection) -> None:
    lock(connection, LOCK)


def read_outlines(database: Database) -> list[StoredRecord]:
    with database.reading() as connection:
        return outlines(connection)


def outlines(connection: Connection) -> list[StoredRecord]:
    rows = connection.execute(select(*_OUTLINE).order_by(SiteRecord.place, SiteRecord.id)).all()
    return [StoredRecord(*row) for row in rows]


def read_fields(database: Database, table: str) -> dict[str, Mapping[str, Any]]:
    query = select(SiteRecord.id, SiteRecord.fields).where(SiteRecord.table_name == table)
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query).all()}


def find(database: Database, table: str, record_id: str) -> StoredRecord | None:
    with database.reading() as connection:
        return found(connection, table, record_id)


def found(connection: Connection, table: str, record_id: str) -> StoredRecord | None:
    row = connection.execute(select(*_WHOLE).where(*_same(table, record_id))).one_or_none()
    return StoredRecord(*row) if row else None


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append records. A row has table_name, id, fields, outline, changed_at and changed_by."""
    last = connection.execute(select(func.max(SiteRecord.place))).scalar() or 0
    if rows:
        numbered = [{"revision": 1, **row, "place": last + number} for number, row in enumerate(rows, 1)]
        connection.execute(insert(SiteRecord), numbered)


def change(connection: Connection, table: str, record_id: str, revision: int, **columns: Any) -> bool:
    """False if the revision differs or the record is gone."""
    changed = update(SiteRecord).where(*_same(table, record_id), SiteRecord.revision == revision)
    return connection.execute(changed.values(**columns, revision=revision + 1)).rowcount == 1


def remove(connection: Connection, table: str, record_id: str, revision: int) -> bool:
    gone = delete(SiteRecord).where(*_same(table, record_id), SiteRecord.revision == revision)
    return connection.execute(gone).rowcount == 1


def clear(connection: Connection) -> None:
    connection.execute(delete(SiteRecord))
    connection.execute(delete(SiteAsset))


def _same(table: str, record_id: str) -> tuple[Any, ...]:
    return (SiteRecord.table_name == table, SiteRecord.id == record_id)


# --- files -----------------------------------------------------------------------------------------------------------


def list_assets(database: Database) -> list[StoredAsset]:
    columns = (SiteAsset.name, SiteAsset.path, SiteAsset.media_type, SiteAsset.size)
    with database.reading() as connection:
        rows = connection.execute(select(*columns).order_by(SiteAsset.name)).all()
    return [StoredAsset(*row) for row in rows]


def asset_uri(database: Database, path: str) -> str | None:
    query = select(SiteAsset.uri).where(SiteAsset.path == path).limit(1)
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none()


def asset_names(connection: Connection) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(select(SiteAsset.name, SiteAsset.path)).all()}


def total_size(connection: Connection) -> int:
    return connection.execute(select(func.sum(SiteAsset.size))).scalar() or 0


def add_assets(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """One by one, since rows may have megabytes."""
    for row in rows:
        connection.execute(insert(SiteAsset).values(**row))


def remove_asset(connection: Connection, name: str) -> bool:
    return connection.execute(delete(SiteAsset).where(SiteAsset.name == name)).rowcount == 1
