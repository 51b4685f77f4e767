"""Append-only audit of organisers and log of teams, written in the transaction of the act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select

from app.database.schema import AuditEntry, LogEntry


def audit(
    connection: Connection, at: datetime, actor: str, action: str, subject: str = "", address: str = "", **details: Any
) -> None:
    """Admins see ``details``: they must hold no secrets."""
    row = {"at": at, "actor": actor, "action": action, "subject": subject[:200], "address": address, "details": details}
    connection.execute(insert(AuditEntry).values(**row))


def log(
    connection: Connection, at: datetime, kind: str, team_id: int | None, puzzle_id: str | None = None,
    address: str = "", **details: Any,
) -> None:  # fmt: skip
    """``details`` must never hold a password or a correct answer."""
    row = {"at": at, "kind": kind, "team_id": team_id, "puzzle_id": puzzle_id, "address": address, "details": details}
    connection.execute(insert(LogEntry).values(**row))


def has_logged(connection: Connection, kind: str, team_id: int, since: datetime) -> bool:
    """After ``since``, exclusive."""
    line = exists().where(LogEntry.team_id == team_id, LogEntry.kind == kind, LogEntry.at > since)
    return bool(connection.execute(select(line)).scalar())
