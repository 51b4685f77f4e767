"""Queries for the outbox.

A claim moves the row's time, so one node sends it, and a dead sender's claim expires. Rows with a ``once_key`` are
kept, emptied, against repetition.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from app.database.engine import Database
from app.database.schema import OutboxItem, Receiver
from app.encryption import Encryption
from app.notifications import receiver_queries

MAIL = "mail"
# Resets and confirmations come first: people wait for them.
AT_ONCE, ORDINARY = 0, 5
# Rows read at once; few of one key, for fairness.
CONSIDERED, OF_ONE_KEY = 500, 4


@dataclass(frozen=True, slots=True)
class Lane:
    """The kind ``kind``, or all but that.

    ``most``: concurrent deliveries of a process, ``reserved`` of them for urgent mail and quick hosts. ``of_a_key``,
    ``to_a_host``: of all processes.
    """

    kind: str
    is_alone: bool
    most: int
    reserved: int
    of_a_key: int
    to_a_host: int


# No kind is called so: everything but that is everything.
ALL_LANES = Lane("", False, most=100, reserved=0, of_a_key=100, to_a_host=100)


@dataclass(frozen=True, slots=True)
class Due:
    """``attempts`` includes this one; ``is_preferred``: may use a reserved sender."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    fair_key: str
    host: str
    is_preferred: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    waiting: int
    given_up: int
    problem: str


def encrypted(encryption: Encryption, mail: Mapping[str, Any]) -> dict[str, Any]:
    """Encrypted, so a copy of the database reveals neither addresses nor text."""
    return {"sealed": encryption.encrypt(MAIL, json.dumps(mail))}


def add(
    connection: Connection,
    kind: str,
    payload: dict[str, Any],
    now: datetime,
    once_key: str | None = None,
    *,
    fair_key: str = "",
    host: str = "",
    urgency: int = ORDINARY,
) -> bool:
    """False if the key was used before.

    Entries with different ``fair_key`` take turns.
    """
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"kind": kind, "payload": payload, "once_key": once_key, "made_at": now, "due_at": now, "attempts": 0}
    row |= {"fair_key": fair_key[:80], "host": host[:255], "urgency": urgency}
    statement = make(OutboxItem).values(**row, problem="").on_conflict_do_nothing().returning(OutboxItem.id)
    return connection.execute(statement).one_or_none() is not None


def has_due(database: Database, now: datetime, most_attempts: int, lane: Lane = ALL_LANES) -> bool:
    """Takes no lock."""
    found = exists().where(*_waiting(now, most_attempts, lane))
    with database.reading() as connection:
        return bool(connection.execute(select(found)).scalar())


def _waiting(now: datetime, most_attempts: int, lane: Lane) -> tuple[ColumnElement[bool], ...]:
    of_lane = OutboxItem.kind == lane.kind if lane.is_alone else OutboxItem.kind != lane.kind
    is_ours = OutboxItem.sent_at.is_(None) & OutboxItem.handed_at.is_(None)
    return is_ours, OutboxItem.due_at <= now, OutboxItem.attempts < most_attempts, of_lane


def claim_due(
    connection: Connection,
    now: datetime,
    until: datetime,
    most_attempts: int,
    limit: int,
    lane: Lane = ALL_LANES,
    *,
    reserved: int = 0,
) -> list[Due]:
    """At most ``limit``, the last ``reserved`` for preferred ones."""
    chosen = _choose(connection, now, most_attempts, limit, lane, reserved)
    waiting = _waiting(now, most_attempts, lane)
    free = select(OutboxItem.id).where(OutboxItem.id.in_(chosen), *waiting).with_for_update(skip_locked=True)
    found = connection.execute(free).scalars().all() if chosen else []
    if not found:
        return []
    claimed = (
        update(OutboxItem)
        .where(OutboxItem.id.in_(found))
        .values(due_at=until, claimed_at=now, attempts=OutboxItem.attempts + 1)
        .returning(OutboxItem.id, OutboxItem.kind, OutboxItem.payload, OutboxItem.attempts, OutboxItem.fair_key,
                   OutboxItem.host)
    )  # fmt: skip
    rows: dict[int, Any] = {row[0]: row for row in connection.execute(claimed).all()}
    receiver_queries.note_turn(connection, [row[4] for row in rows.values()], now)
    return [Due(*(*rows[number], chosen[number])) for number in chosen if number in rows]


def _choose(
    connection: Connection, now: datetime, most_attempts: int, limit: int, lane: Lane, reserved: int
) -> dict[int, bool]:
    keys, hosts = _on_the_way(connection, now, lane)
    chosen: dict[int, bool] = {}
    common = limit - reserved
    for number, key, host, is_preferred in connection.execute(_candidates(now, most_attempts, lane)).all():
        if keys[key] >= lane.of_a_key or (host and hosts[host] >= lane.to_a_host):
            continue
        if not is_preferred and common <= 0:
            continue
        common -= not is_preferred
        keys[key] += 1
        hosts[host] += 1
        chosen[number] = bool(is_preferred)
        if len(chosen) >= limit:
            break
    return chosen


def _on_the_way(connection: Connection, now: datetime, lane: Lane) -> tuple[Counter[str], Counter[str]]:
    of_lane = OutboxItem.kind == lane.kind if lane.is_alone else OutboxItem.kind != lane.kind
    is_out = (OutboxItem.sent_at.is_(None), OutboxItem.claimed_at.is_not(None), OutboxItem.due_at > now, of_lane)
    rows = connection.execute(select(OutboxItem.fair_key, OutboxItem.host).where(*is_out)).all()
    return Counter(row[0] for row in rows), Counter(row[1] for row in rows)


def _candidates(now: datetime, most_attempts: int, lane: Lane) -> Select[Any]:
    """Due entries: urgent first, then by the longest wait for a turn, oldest of a key."""
    turn = func.row_number().over(
        partition_by=(OutboxItem.fair_key, OutboxItem.urgency), order_by=(OutboxItem.due_at, OutboxItem.id)
    )
    by_key, by_host = aliased(Receiver), aliased(Receiver)
    due = (
        select(OutboxItem.id, OutboxItem.fair_key, OutboxItem.host, OutboxItem.urgency, OutboxItem.due_at,
               turn.label("turn"))
        .where(*_waiting(now, most_attempts, lane))
        .subquery()
    )  # fmt: skip
    is_preferred = or_(due.c.urgency == AT_ONCE, func.coalesce(by_host.is_quick, False))
    may_go = (_may_go(by_key, now), _may_go(by_host, now))
    order = (due.c.urgency, due.c.turn, by_key.served_at.asc().nulls_first(), due.c.due_at, due.c.id)
    return (
        select(due.c.id, due.c.fair_key, due.c.host, is_preferred)
        .outerjoin(by_key, by_key.name == receiver_queries.KEY + due.c.fair_key)
        .outerjoin(by_host, by_host.name == receiver_queries.HOST + due.c.host)
        .where(due.c.turn <= OF_ONE_KEY, *may_go)
        .order_by(*order)
        .limit(CONSIDERED)
    )


def _may_go(receiver: Any, now: datetime) -> ColumnElement[bool]:
    return or_(receiver.wait_until.is_(None), receiver.wait_until <= now)


def mark_handed(connection: Connection, due: Due, now: datetime) -> bool:
    """The text is about to be sent; False if the claim is lost."""
    mine = (OutboxItem.id == due.id, OutboxItem.attempts == due.attempts, OutboxItem.claimed_at.is_not(None))
    handed = update(OutboxItem).where(*mine, OutboxItem.handed_at.is_(None)).values(handed_at=now)
    return connection.execute(handed).rowcount == 1


def give_up_lost(connection: Connection, now: datetime, most_attempts: int) -> None:
    """Give up mails whose sender died during the text: the server may have them."""
    lost = (OutboxItem.sent_at.is_(None), OutboxItem.handed_at.is_not(None), OutboxItem.due_at <= now)
    values = {"problem": "no answer to the whole mail", "payload": {}, "attempts": most_attempts, "claimed_at": None}
    connection.execute(update(OutboxItem).where(*lost, OutboxItem.attempts < most_attempts).values(**values))


def mark_sent(connection: Connection, number: int, now: datetime) -> None:
    """Sent: delete the payload."""
    done = update(OutboxItem).where(OutboxItem.id == number)
    connection.execute(done.values(sent_at=now, claimed_at=None, payload={}, problem=""))


def mark_failed(connection: Connection, number: int, problem: str, due_at: datetime) -> None:
    values = {"problem": problem[:300], "due_at": due_at, "claimed_at": None, "handed_at": None}
    connection.execute(update(OutboxItem).where(OutboxItem.id == number).values(**values))


def give_up(connection: Connection, number: int, problem: str, attempts: int) -> None:
    values = {"problem": problem[:300], "payload": {}, "attempts": attempts, "claimed_at": None}
    connection.execute(update(OutboxItem).where(OutboxItem.id == number).values(**values))


def read_backlog(database: Database, most_attempts: int, besides: str = "") -> Backlog:
    unsent = OutboxItem.sent_at.is_(None) & (OutboxItem.kind != besides)
    is_over = OutboxItem.attempts >= most_attempts
    counts = select(func.count()).where(unsent, is_over.is_(False)), select(func.count()).where(unsent, is_over)
    last = select(OutboxItem.problem).where(unsent, OutboxItem.problem != "").order_by(OutboxItem.due_at.desc())
    with database.reading() as connection:
        waiting, given_up = (int(connection.execute(query).scalar_one()) for query in counts)
        return Backlog(waiting, given_up, connection.execute(last.limit(1)).scalar_one_or_none() or "")


def oldest_waiting(database: Database, most_attempts: int, besides: str = "") -> datetime | None:
    """Since when the oldest entry that will be retried waits, without ``besides``."""
    waiting = (OutboxItem.sent_at.is_(None), OutboxItem.attempts < most_attempts, OutboxItem.kind != besides)
    with database.reading() as connection:
        return connection.execute(select(func.min(OutboxItem.made_at)).where(*waiting)).scalar_one()


def sweep(connection: Connection, made_before: datetime, most_attempts: int) -> int:
    is_done = OutboxItem.sent_at.is_not(None) | (OutboxItem.attempts >= most_attempts)
    old = (OutboxItem.made_at < made_before, OutboxItem.once_key.is_(None), is_done)
    return connection.execute(delete(OutboxItem).where(*old)).rowcount
