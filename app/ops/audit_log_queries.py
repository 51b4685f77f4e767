"""The audit, read: who did what, newest first, page by page and as a whole. Written by :mod:`app.database.audit`.

Pages go by the entry's number and not by counting rows, so the last page opens as fast as the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from app.database.engine import Database
from app.database.schema import AuditEntry

ROWS_A_PIECE = 2_000


@dataclass(frozen=True, slots=True)
class Act:
    """One act of an organiser."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    address: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts; what is empty does not restrict. ``until`` is exclusive."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def read_acts(
    database: Database, wanted: AuditFilter, limit: int, *, before: int | None = None, after: int | None = None
) -> list[Act]:
    """At most ``limit`` acts, newest first: those below the number ``before``, or those next above ``after``."""
    conditions = [*_conditions(wanted)]
    if before is not None:
        conditions.append(AuditEntry.id < before)
    if after is not None:
        conditions.append(AuditEntry.id > after)
    order = AuditEntry.id.asc() if after is not None else AuditEntry.id.desc()
    with database.reading() as connection:
        rows = connection.execute(_columns().where(*conditions).order_by(order).limit(limit)).all()
    found = [Act(row[0], row[1], row[2], row[3], row[4], dict(row[5] or {}), row[6]) for row in rows]
    return found[::-1] if after is not None else found


def all_acts(database: Database, wanted: AuditFilter) -> Iterator[Act]:
    """Every act that is wanted, newest first, a piece at a time: no connection is held in between."""
    before: int | None = None
    while piece := read_acts(database, wanted, ROWS_A_PIECE, before=before):
        yield from piece
        before = piece[-1].id


def list_actions(database: Database) -> list[str]:
    """The kinds of acts there have been."""
    with database.reading() as connection:
        query = select(AuditEntry.action).distinct().order_by(AuditEntry.action)
        return list(connection.execute(query).scalars())


def _columns() -> Select[Any]:
    return select(
        AuditEntry.id, AuditEntry.at, AuditEntry.actor, AuditEntry.action, AuditEntry.subject, AuditEntry.details,
        AuditEntry.address,
    )  # fmt: skip


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.actor:
        yield AuditEntry.actor == wanted.actor
    if wanted.action:
        yield AuditEntry.action == wanted.action
    if wanted.subject:
        yield AuditEntry.subject == wanted.subject
    if wanted.since:
        yield AuditEntry.at >= wanted.since
    if wanted.until:
        yield AuditEntry.at < wanted.until
