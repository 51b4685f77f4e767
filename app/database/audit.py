"""What is written down and never changed: the audit of organisers' acts and the log of teams' doings.

Called inside the transaction of the act itself, so that there is no act without its line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select

from app.database.schema import AuditEntry, LogEntry


def audit(
    connection: Connection, at: datetime, actor: str, action: str, subject: str = "", address: str = "", **details: Any
) -> None:
    """One act of an organiser. ``details`` are shown to admins: nothing secret may be among them."""
    row = {"at": at, "actor": actor, "action": action, "subject": subject[:200], "address": address, "details": details}
    connection.execute(insert(AuditEntry).values(**row))


def log(
    connection: Connection, at: datetime, kind: str, team_id: int | None, puzzle_id: str | None = None,
    address: str = "", **details: Any,
) -> None:  # fmt: skip
    """One thing a team did. A text that could be a password or a right answer may not be among ``details``."""
    row = {"at": at, "kind": kind, "team_id": team_id, "puzzle_id": puzzle_id, "address": address, "details": details}
    connection.execute(insert(LogEntry).values(**row))


def has_logged(connection: Connection, kind: str, team_id: int, since: datetime) -> bool:
    """Return whether the team has a line of this kind after ``since``."""
    line = exists().where(LogEntry.team_id == team_id, LogEntry.kind == kind, LogEntry.at > since)
    return bool(connection.execute(select(line)).scalar())
