"""Announcements as their writers see them: drafts, what was published, revisions.

``revision`` counts up with every change, so that of two writers the second gets a conflict. Readers read
:mod:`app.database.announcements`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from app.database.engine import Database
from app.database.schema import Announcement

# The largest row id either database knows.
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Draft:
    """An announcement with its source. ``published_at`` is None until it is published."""

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


_COLUMNS: tuple[Any, ...] = (
    Announcement.id, Announcement.title, Announcement.source, Announcement.html, Announcement.kind,
    Announcement.audience, Announcement.puzzle_id, Announcement.written_at, Announcement.published_at,
    Announcement.edited_at, Announcement.revision,
)  # fmt: skip


def read_newest(database: Database, limit: int) -> list[Draft]:
    """The newest, whether published or not."""
    with database.reading() as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(Announcement.id.desc()).limit(limit)).all()
    return [Draft(*row) for row in rows]


def find(database: Database, number: int) -> Draft | None:
    """One of them."""
    if not 0 < number <= LARGEST_ID:
        return None
    with database.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(Announcement.id == number)).one_or_none()
    return Draft(*row) if row else None


def change(connection: Connection, number: int, revision: int, **columns: Any) -> bool:
    """Change one that still has this revision, and count it up; False when it has another by now, or is gone."""
    same = (Announcement.id == number, Announcement.revision == revision)
    changed = update(Announcement).where(*same).values(**columns, revision=revision + 1)
    return connection.execute(changed).rowcount == 1


def discard(connection: Connection, number: int, revision: int) -> bool:
    """Delete a draft that still has this revision; what was published stays."""
    same = (Announcement.id == number, Announcement.revision == revision, Announcement.published_at.is_(None))
    return connection.execute(delete(Announcement).where(*same)).rowcount == 1
