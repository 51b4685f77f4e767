"""Queries for drafts. ``revision`` detects concurrent edits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from app.database.engine import Database
from app.database.schema import Announcement

# The largest row id in both databases.
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Draft:
    id: int
    title: str
    source: str
    html: str
    kind: str
    audience: str
    puzzle_id: str | None
    written_at: datetime
    published_at: datetime | None
    edited_at: datetime | None
    revision: int
    is_popup: bool = False
    withdrawn_at: datetime | None = None


_COLUMNS: tuple[Any, ...] = (
    Announcement.id, Announcement.title, Announcement.source, Announcement.html, Announcement.kind,
    Announcement.audience, Announcement.puzzle_id, Announcement.written_at, Announcement.published_at,
    Announcement.edited_at, Announcement.revision, Announcement.is_popup, Announcement.withdrawn_at,
)  # fmt: skip


def read_newest(database: Database, limit: int) -> list[Draft]:
    with database.reading() as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(Announcement.id.desc()).limit(limit)).all()
    return [Draft(*row) for row in rows]


def find(database: Database, number: int) -> Draft | None:
    if not 0 < number <= LARGEST_ID:
        return None
    with database.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(Announcement.id == number)).one_or_none()
    return Draft(*row) if row else None


def change(connection: Connection, number: int, revision: int, **columns: Any) -> bool:
    """Return False if the revision differs or the row is gone."""
    same = (Announcement.id == number, Announcement.revision == revision)
    changed = update(Announcement).where(*same).values(**columns, revision=revision + 1)
    return connection.execute(changed).rowcount == 1


def discard(connection: Connection, number: int, revision: int) -> bool:
    """Return False if the revision differs or the row is published."""
    same = (Announcement.id == number, Announcement.revision == revision, Announcement.published_at.is_(None))
    return connection.execute(delete(Announcement).where(*same)).rowcount == 1
