"""Queries for messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, func, literal, or_, select, update

from app.broadcast.events import ALERT, EVERYBODY, TEAMS
from app.broadcast.queries import SENT_COLUMNS, OfMessage, Sent
from app.database.engine import Database
from app.database.schema import Broadcast, BroadcastSeen, Team


@dataclass(frozen=True, slots=True)
class BroadcastReceipt:
    team_id: int
    display_name: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentMessage:
    first: Sent
    seen: int
    size: int
    withdrawn_at: datetime | None


def _belongs(of: OfMessage) -> ColumnElement[bool]:
    if of.announcement_id is not None:
        return Broadcast.announcement_id == of.announcement_id
    return or_(Broadcast.id == of.origin_id, Broadcast.origin_id == of.origin_id)


# Whether a broadcast was for a team.
_IS_FOR = Broadcast.audience.in_((EVERYBODY, TEAMS)) | or_(
    Broadcast.audience == literal("division:") + Team.division,
    Broadcast.audience == literal("team:") + cast(Team.id, String),
)
_PLAYS = (Team.role == "team", Team.is_banned.is_(False))


def read_newest(database: Database, most: int) -> list[SentMessage]:
    query = select(*SENT_COLUMNS, Broadcast.withdrawn_at)
    query = query.where(Broadcast.announcement_id.is_(None), Broadcast.origin_id.is_(None))
    with database.reading() as connection:
        rows = connection.execute(query.order_by(Broadcast.id.desc()).limit(most)).all()
        found = [(Sent(*row[:-1]), row[-1]) for row in rows]
        return [SentMessage(one, *_figures(connection, OfMessage(origin_id=one.id)), at) for one, at in found]


def count_seen(database: Database, announcement_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    with database.reading() as connection:
        return {one: _figures(connection, OfMessage(announcement_id=one)) for one in announcement_ids}


def _figures(connection: Connection, of: OfMessage) -> tuple[int, int]:
    seen = select(BroadcastSeen.team_id).join(Broadcast, Broadcast.id == BroadcastSeen.broadcast_id).where(_belongs(of))
    concerned = select(Broadcast.id).where(_belongs(of), _IS_FOR).exists()
    query = select(func.count(), func.count().filter(Team.id.in_(seen))).select_from(Team).where(*_PLAYS, concerned)
    size, count = connection.execute(query).one()
    return int(count), int(size)


def read_receipts(database: Database, of: OfMessage) -> list[BroadcastReceipt]:
    seen = select(func.min(BroadcastSeen.seen_at)).join(Broadcast, Broadcast.id == BroadcastSeen.broadcast_id)
    at = seen.where(_belongs(of), BroadcastSeen.team_id == Team.id).scalar_subquery()
    concerned = select(Broadcast.id).where(_belongs(of), _IS_FOR).exists()
    query = select(Team.id, Team.display_name, at).where(*_PLAYS, concerned).order_by(Team.display_name)
    with database.reading() as connection:
        return [BroadcastReceipt(*row) for row in connection.execute(query).all()]


def read_audiences(connection: Connection, of: OfMessage) -> list[str]:
    query = select(Broadcast.audience).where(_belongs(of)).group_by(Broadcast.audience)
    return list(connection.execute(query.order_by(func.min(Broadcast.id))).scalars())


def find_newest(database: Database, of: OfMessage) -> Sent | None:
    query = select(*SENT_COLUMNS).where(_belongs(of)).order_by(Broadcast.id.desc()).limit(1)
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    return Sent(*row) if row else None


def is_withdrawn(database: Database, of: OfMessage) -> bool:
    with database.reading() as connection:
        query = select(Broadcast.id).where(_belongs(of), Broadcast.withdrawn_at.is_not(None)).limit(1)
        return connection.execute(query).one_or_none() is not None


def withdraw(connection: Connection, of: OfMessage, now: datetime) -> bool:
    mine = (_belongs(of), Broadcast.withdrawn_at.is_(None))
    return bool(connection.execute(update(Broadcast).where(*mine).values(withdrawn_at=now)).rowcount)


def change_payloads(connection: Connection, of: OfMessage, kind: str, changes: Mapping[str, Any]) -> int:
    query = select(Broadcast.id, Broadcast.payload).where(_belongs(of), Broadcast.kind == kind).with_for_update()
    found = connection.execute(query).all()
    for number, payload in found:
        connection.execute(update(Broadcast).where(Broadcast.id == number).values(payload={**payload, **changes}))
    return len(found)


def change_alerts(connection: Connection, of: OfMessage, text: str) -> int:
    return change_payloads(connection, of, ALERT, {"text": text})
