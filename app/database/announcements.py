"""Queries for announcements.

``audience``: ``all``, ``teams``, ``division:CODE``, ``team:ID``, ``chosen`` (announcement_teams) or
``puzzle`` (teams with ``puzzle_id`` open and unsolved). A draft has no ``published_at``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, String, and_, bindparam, cast, delete, insert, literal, or_, select

from app.database.engine import Database
from app.database.schema import Announcement, AnnouncementTeam, Moment

MOST = 500
CHOSEN = "chosen"
# The largest row id either database knows; a larger number in an address names nothing.
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Published:
    id: int
    title: str
    html: str
    kind: str
    audience: str
    puzzle_id: str | None
    published_at: datetime


_COLUMNS: tuple[Any, ...] = (
    Announcement.id, Announcement.title, Announcement.html, Announcement.kind, Announcement.audience,
    Announcement.puzzle_id, Announcement.published_at,
)  # fmt: skip


def read_published(
    database: Database, now: datetime, audiences: Sequence[str] | None, after: int = 0
) -> list[Published]:
    """At most 500, newest first. ``audiences`` None: all.

    ``after`` is an id, compared by publication time.
    """
    query, values = _published(now, audiences)
    with database.reading() as connection:
        if after > 0:
            query = query.where(_is_later(connection, min(after, LARGEST_ID)))
        rows = connection.execute(query, values).all()
    return [Published(*row) for row in rows]


def find_published(database: Database, now: datetime, audiences: Sequence[str] | None, number: int) -> Published | None:
    """None if unpublished or for others."""
    if not 0 < number <= LARGEST_ID:
        return None
    with database.reading() as connection:
        query, values = _published(now, audiences)
        row = connection.execute(query.where(Announcement.id == number), values).one_or_none()
    return Published(*row) if row else None


def add(connection: Connection, **columns: Any) -> int:
    return int(connection.execute(insert(Announcement).values(**columns).returning(Announcement.id)).scalar_one())


def choose_teams(connection: Connection, number: int, team_ids: Sequence[int]) -> None:
    connection.execute(delete(AnnouncementTeam).where(AnnouncementTeam.announcement_id == number))
    if team_ids:
        rows = [{"announcement_id": number, "team_id": team} for team in sorted(set(team_ids))]
        connection.execute(insert(AnnouncementTeam), rows)


def read_teams(database: Database, number: int) -> tuple[int, ...]:
    query = select(AnnouncementTeam.team_id).where(AnnouncementTeam.announcement_id == number)
    with database.reading() as connection:
        return tuple(connection.execute(query.order_by(AnnouncementTeam.team_id)).scalars())


def read_chosen(database: Database) -> frozenset[tuple[int, int]]:
    with database.reading() as connection:
        rows = connection.execute(select(AnnouncementTeam.announcement_id, AnnouncementTeam.team_id)).all()
        return frozenset((row[0], row[1]) for row in rows)


def find_sent_with(connection: Connection, outside_id: str) -> int | None:
    query = select(Announcement.id).where(Announcement.outside_id == outside_id).order_by(Announcement.id).limit(1)
    return connection.execute(query).scalar_one_or_none()


# Built once: the home page asks this of everybody who comes.
_TO_ANYBODY = (
    select(*_COLUMNS)
    .where(
        Announcement.published_at.is_not(None),
        Announcement.published_at <= bindparam("now", type_=Moment()),
        Announcement.withdrawn_at.is_(None),
    )
    .order_by(Announcement.published_at.desc(), Announcement.id.desc())
    .limit(MOST)
)
_IS_CHOSEN = select(AnnouncementTeam.team_id).where(
    AnnouncementTeam.announcement_id == Announcement.id,
    (literal("team:") + cast(AnnouncementTeam.team_id, String)).in_(bindparam("audiences", expanding=True)),
)
_TO_SOME = _TO_ANYBODY.where(
    Announcement.audience.in_(bindparam("audiences", expanding=True))
    | ((Announcement.audience == CHOSEN) & _IS_CHOSEN.exists())
)


def _published(now: datetime, audiences: Sequence[str] | None) -> tuple[Select[Any], dict[str, Any]]:
    if audiences is None:
        return _TO_ANYBODY, {"now": now}
    return _TO_SOME, {"now": now, "audiences": list(audiences)}


def _is_later(connection: Connection, after: int) -> Any:
    moment = connection.execute(select(Announcement.published_at).where(Announcement.id == after)).scalar_one_or_none()
    if moment is None:
        return Announcement.id > after
    same_moment = and_(Announcement.published_at == moment, Announcement.id > after)
    return or_(Announcement.published_at > moment, same_moment)
