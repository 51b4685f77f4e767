"""What waits to be sent to the outside: mails and notices.

A row is claimed by moving its time on, so that of many nodes one sends it; a sender that dies gives it back by that.
Rows with a ``once_key`` are kept for good, emptied, so that the same thing is never said twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.database.engine import Database
from app.database.schema import OutboxItem
from app.encryption import Encryption

MAIL = "mail"
# No kind is called so: everything but that is everything.
ALL_LANES = ("", False)


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be sent now. ``attempts`` counts this one, too."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many wait, how many were given up, and what was last in the way."""

    waiting: int
    given_up: int
    problem: str


def encrypted(encryption: Encryption, mail: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a mail: a copy of the database reveals neither addresses nor text."""
    return {"sealed": encryption.encrypt(MAIL, json.dumps(mail))}


def add(connection: Connection, kind: str, payload: dict[str, Any], now: datetime, once_key: str | None = None) -> bool:
    """Put something into the outbox; False when its key has been there before."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"kind": kind, "payload": payload, "once_key": once_key, "made_at": now, "due_at": now, "attempts": 0}
    statement = make(OutboxItem).values(**row, problem="").on_conflict_do_nothing().returning(OutboxItem.id)
    return connection.execute(statement).one_or_none() is not None


def claim_due(
    connection: Connection,
    now: datetime,
    until: datetime,
    most_attempts: int,
    limit: int,
    lane: tuple[str, bool] = ALL_LANES,
) -> list[Due]:
    """The oldest that are due, claimed until a moment: nobody else gets them before.

    ``lane``: a kind, and whether that kind alone is wanted (True) or everything else (False).
    """
    kind, is_alone = lane
    waiting = (OutboxItem.sent_at.is_(None), OutboxItem.due_at <= now, OutboxItem.attempts < most_attempts)
    of_lane = OutboxItem.kind == kind if is_alone else OutboxItem.kind != kind
    ids = select(OutboxItem.id).where(*waiting, of_lane).order_by(OutboxItem.due_at, OutboxItem.id).limit(limit)
    found = connection.execute(ids.with_for_update(skip_locked=True)).scalars().all()
    claimed = (
        update(OutboxItem)
        .where(OutboxItem.id.in_(found))
        .values(due_at=until, attempts=OutboxItem.attempts + 1)
        .returning(OutboxItem.id, OutboxItem.kind, OutboxItem.payload, OutboxItem.attempts)
    )
    return sorted((Due(*row) for row in connection.execute(claimed).all()), key=lambda one: one.id) if found else []


def mark_sent(connection: Connection, number: int, now: datetime) -> None:
    """It is out: forget what it said."""
    done = update(OutboxItem).where(OutboxItem.id == number)
    connection.execute(done.values(sent_at=now, payload={}, problem=""))


def mark_failed(connection: Connection, number: int, problem: str, due_at: datetime) -> None:
    """It did not go; try again from ``due_at`` on."""
    connection.execute(
        update(OutboxItem).where(OutboxItem.id == number).values(problem=problem[:300], due_at=due_at)
    )  # fmt: skip


def give_up(connection: Connection, number: int, problem: str, attempts: int) -> None:
    """It will never go: forget what it said, and keep why."""
    values = {"problem": problem[:300], "payload": {}, "attempts": attempts}
    connection.execute(update(OutboxItem).where(OutboxItem.id == number).values(**values))


def read_backlog(database: Database, most_attempts: int, besides: str = "") -> Backlog:
    """What the status page shows, of every kind but ``besides``."""
    unsent = OutboxItem.sent_at.is_(None) & (OutboxItem.kind != besides)
    is_over = OutboxItem.attempts >= most_attempts
    counts = select(func.count()).where(unsent, is_over.is_(False)), select(func.count()).where(unsent, is_over)
    last = select(OutboxItem.problem).where(unsent, OutboxItem.problem != "").order_by(OutboxItem.due_at.desc())
    with database.reading() as connection:
        waiting, given_up = (int(connection.execute(query).scalar_one()) for query in counts)
        return Backlog(waiting, given_up, connection.execute(last.limit(1)).scalar_one_or_none() or "")


def oldest_waiting(database: Database, most_attempts: int, besides: str = "") -> datetime | None:
    """Since when the oldest of those has waited that will be tried again, of every kind but ``besides``."""
    waiting = (OutboxItem.sent_at.is_(None), OutboxItem.attempts < most_attempts, OutboxItem.kind != besides)
    with database.reading() as connection:
        return connection.execute(select(func.min(OutboxItem.made_at)).where(*waiting)).scalar_one()


def sweep(connection: Connection, made_before: datetime, most_attempts: int) -> int:
    """Drop what is done with and has no key; answers how many."""
    is_done = OutboxItem.sent_at.is_not(None) | (OutboxItem.attempts >= most_attempts)
    old = (OutboxItem.made_at < made_before, OutboxItem.once_key.is_(None), is_done)
    return connection.execute(delete(OutboxItem).where(*old)).rowcount
