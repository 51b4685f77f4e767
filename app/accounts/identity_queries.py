"""Queries for accounts of the organisation's log-in."""

from __future__ import annotations

import zlib
from datetime import datetime

from sqlalchemy import Connection, insert, select

from app.database.schema import Identity
from app.database.teams import lock


def lock_identity(connection: Connection, issuer: str, subject: str) -> None:
    lock(connection, zlib.crc32(f"{issuer} {subject}".encode("utf-8", "surrogatepass")) & 0x7FFFFFFF)


def find(connection: Connection, issuer: str, subject: str) -> int | None:
    same = (Identity.issuer == issuer, Identity.subject == subject)
    return connection.execute(select(Identity.team_id).where(*same)).scalar_one_or_none()


def add(connection: Connection, issuer: str, subject: str, team_id: int, now: datetime) -> None:
    connection.execute(insert(Identity).values(issuer=issuer, subject=subject, team_id=team_id, made_at=now))
