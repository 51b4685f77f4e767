"""Queries for staged content; once live, only its line stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from app.database.engine import Database
from app.database.schema import StagedContent


@dataclass(frozen=True, slots=True)
class StagedLine:
    """``version``, ``live_by``: what it became, and by whom."""

    id: str
    made_at: datetime
    made_by: str
    origin: str
    base: int | None
    warnings: tuple[Any, ...]
    version: int | None
    live_by: str


@dataclass(frozen=True, slots=True)
class StagedRow:
    """``records`` and ``own`` are JSON."""

    line: StagedLine
    records: str
    own: str


_LINE = (
    StagedContent.id, StagedContent.made_at, StagedContent.made_by, StagedContent.origin, StagedContent.base,
    StagedContent.warnings, StagedContent.version, StagedContent.live_by,
)  # fmt: skip


def add(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(StagedContent), row)


def read(database: Database, id: str, since: datetime) -> StagedRow | None:
    row = _found(database, id, since, StagedContent.records, StagedContent.own)
    return StagedRow(_line(row), row["records"], row["own"]) if row else None


def find_line(database: Database, id: str, since: datetime) -> StagedLine | None:
    row = _found(database, id, since)
    return _line(row) if row else None


def _found(database: Database, id: str, since: datetime, *more: Any) -> RowMapping | None:
    query = select(*_LINE, *more).where(StagedContent.id == id, StagedContent.made_at > since)
    with database.reading() as connection:
        return connection.execute(query).mappings().first()


def list_waiting(database: Database, since: datetime, most: int = 20) -> list[StagedLine]:
    """Newest first."""
    query = select(*_LINE).where(StagedContent.version.is_(None), StagedContent.made_at > since)
    with database.reading() as connection:
        rows = connection.execute(query.order_by(StagedContent.made_at.desc(), StagedContent.id).limit(most))
        return [_line(row) for row in rows.mappings()]


def mark_live(connection: Connection, id: str, version: int, by: str) -> None:
    """Also drops the content, which the version has."""
    became = {"version": version, "live_by": by[:64], "records": "", "own": ""}
    connection.execute(update(StagedContent).where(StagedContent.id == id).values(**became))


def drop(connection: Connection, id: str) -> str | None:
    waiting = delete(StagedContent).where(StagedContent.id == id, StagedContent.version.is_(None))
    origin: str | None = connection.execute(waiting.returning(StagedContent.origin)).scalar_one_or_none()
    return origin


def drop_waiting(connection: Connection) -> None:
    connection.execute(delete(StagedContent).where(StagedContent.version.is_(None)))


def sweep(connection: Connection, before: datetime) -> None:
    connection.execute(delete(StagedContent).where(StagedContent.made_at <= before))


def _line(row: RowMapping) -> StagedLine:
    return StagedLine(
        row["id"], row["made_at"], row["made_by"], row["origin"], row["base"], tuple(row["warnings"] or ()),
        row["version"], row["live_by"],
    )  # fmt: skip
