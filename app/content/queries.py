"""Queries of content versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from app.database.engine import Database
from app.database.schema import ContentVersion


@dataclass(frozen=True, slots=True)
class VersionLine:
    id: int
    made_at: datetime
    made_by: str
    source: str
    puzzles: int
    warnings: tuple[Any, ...]


def newest_id(connection: Connection) -> int:
    """0 before the first."""
    return connection.execute(select(func.max(ContentVersion.id))).scalar() or 0


def add(connection: Connection, version: int, made_at: datetime, **columns: Any) -> None:
    """A stored version does not change."""
    connection.execute(insert(ContentVersion).values(id=version, made_at=made_at, **columns))


def rewrite_compiled(connection: Connection, version: int, compiled: str) -> None:
    """Replace the compiled form after a change of format or opening times; the records stay."""
    connection.execute(update(ContentVersion).where(ContentVersion.id == version).values(compiled=compiled))


def read_compiled(database: Database, version: int) -> str | None:
    with database.reading() as connection:
        found = select(ContentVersion.compiled).where(ContentVersion.id == version)
        return connection.execute(found).scalar_one_or_none()


def read_records(database: Database, version: int) -> str | None:
    """The records as JSON in the file's format."""
    with database.reading() as connection:
        found = select(ContentVersion.records).where(ContentVersion.id == version)
        return connection.execute(found).scalar_one_or_none()


def list_versions(database: Database, limit: int = 100) -> list[VersionLine]:
    columns = (ContentVersion.id, ContentVersion.made_at, ContentVersion.made_by, ContentVersion.source)
    query = select(*columns, ContentVersion.puzzles, ContentVersion.warnings).order_by(ContentVersion.id.desc())
    with database.reading() as connection:
        rows = connection.execute(query.limit(limit)).all()
    return [VersionLine(row[0], row[1], row[2], row[3], row[4], tuple(row[5] or ())) for row in rows]


def find_version(database: Database, version: int) -> VersionLine | None:
    columns = (ContentVersion.id, ContentVersion.made_at, ContentVersion.made_by, ContentVersion.source)
    query = select(*columns, ContentVersion.puzzles, ContentVersion.warnings).where(ContentVersion.id == version)
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    return VersionLine(row[0], row[1], row[2], row[3], row[4], tuple(row[5] or ())) if row else None
