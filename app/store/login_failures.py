"""Failed logins of the last minute, shared by all nodes. Called by logging in and by the job that sweeps."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, insert, select

from app.store.models import LoginFailure
from app.store.teams import lock

WINDOW = timedelta(seconds=60)


def count(connection: Connection, address: str, name_key: str, now: datetime) -> tuple[int, int, datetime | None]:
    """Failures of the last minute: for this address and name, for the address, and the oldest that counts."""
    recent = (LoginFailure.address == address) & (LoginFailure.failed_at > now - WINDOW) & (LoginFailure.failed_at <= now)
    same_name = func.coalesce(func.sum(case((LoginFailure.name_key == name_key, 1), else_=0)), 0)
    row = connection.execute(select(same_name, func.count(), func.min(LoginFailure.failed_at)).where(recent)).one()
    return int(row[0]), int(row[1]), row[2]


def add(connection: Connection, address: str, name_key: str, now: datetime) -> None:
    """Write down one failure."""
    connection.execute(insert(LoginFailure).values(address=address, name_key=name_key, failed_at=now))


def lock_address(connection: Connection, address: str) -> None:
    """Let the failures of one address be counted and added one after the other, on all nodes."""
    lock(connection, zlib.crc32(address.encode()) & 0x7FFFFFFF)


def sweep(connection: Connection, now: datetime) -> int:
    """Forget failures that no longer count; answers how many."""
    return connection.execute(delete(LoginFailure).where(LoginFailure.failed_at <= now - WINDOW)).rowcount
