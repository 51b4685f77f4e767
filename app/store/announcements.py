"""What the organisers said. Called by announcing.

``audience`` is ``all``, ``division:CODE``, ``team:ID`` or ``puzzle``: those who have the puzzle ``puzzle_id`` open and
unsolved. A draft has no ``published_at``; one that is set in the future is not published yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, insert, or_, select

from app.store.connections import Database
from app.store.models import Announcement

MOST = 500
# The largest row id either database knows; a larger number in an address names nothing.
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Published:
    """A published announcement."""

    id: int
    title: str
    html: str
    kind: str
    audience: str
    puzzle_id: str | None
    published_at: datetime


_COLUMNS = (
    Announcement.id, Announcement.title, Announcement.html, Announcement.kind, Announcement.audience,
    Announcement.puzzle_id, Announcement.published_at,
)  # fmt: skip


def read_published(
    database: Database, now: datetime, audiences: Sequence[str] | None, after: int = 0
) -> list[Published]:
    """What was published for these audiences (None: for anybody), newest first, at most 500.

    ``after`` leaves out the announcement of that id and what was published before it; a draft that was begun earlier
    and published later is not lost.
    """
    query = _published(now, audiences).order_by(Announcement.published_at.desc(), Announcement.id.desc()).limit(MOST)
    with database.reading() as connection:
        if after > 0:
            query = query.where(_is_later(connection, min(after, LARGEST_ID)))
        rows = connection.execute(query).all()
    return [Published(*row) for row in rows]


def find_published(database: Database, now: datetime, audiences: Sequence[str] | None, number: int) -> Published | None:
    """The published announcement of this id, if it is for these audiences."""
    if not 0 < number <= LARGEST_ID:
        return None
    with database.reading() as connection:
        row = connection.execute(_published(now, audiences).where(Announcement.id == number)).one_or_none()
    return Published(*row) if row else None


def add(connection: Connection, **columns: Any) -> int:
    """Store an announcement and answer its id."""
    return int(connection.execute(insert(Announcement).values(**columns).returning(Announcement.id)).scalar_one())


def _published(now: datetime, audiences: Sequence[str] | None) -> Select[Any]:
    columns: tuple[Any, ...] = _COLUMNS
    query = select(*columns).where(Announcement.published_at.is_not(None), Announcement.published_at <= now)
    return query if audiences is None else query.where(Announcement.audience.in_(audiences))


def _is_later(connection: Connection, after: int) -> Any:
    moment = connection.execute(select(Announcement.published_at).where(Announcement.id == after)).scalar_one_or_none()
    if moment is None:
        return Announcement.id > after
    same_moment = and_(Announcement.published_at == moment, Announcement.id > after)
    return or_(Announcement.published_at > moment, same_moment)
