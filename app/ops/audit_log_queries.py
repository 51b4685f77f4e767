"""Queries for the audit, newest first, paginated by number."""

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
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    address: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Empty: no restriction. ``until`` is exclusive."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def read_acts(
    database: Database, wanted: AuditFilter, limit: int, *, before: int | None = None, after: int | None = None
) -> list[Act]:
    """Newest first: below ``before``, or next above ``after``."""
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
    """Newest first, in batches; holds no connection between them."""
    before: int | None = None
    while piece := read_acts(database, wanted, ROWS_A_PIECE, before=before):
        yield from piece
        before = piece[-1].id


def list_actions(database: Database) -> list[str]:
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
