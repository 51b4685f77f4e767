"""Queries for failed logins of the last minute, shared by all nodes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, insert, select

from app.database.schema import LoginFailure
from app.database.teams import lock

WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Failures:
    """Recent failures and the oldest's time, per name and address."""

    of_name: int
    of_address: int
    oldest_of_name: datetime | None
    oldest_of_address: datetime | None


def recent(connection: Connection, address: str, name_digests: Sequence[str], now: datetime) -> Failures:
    """Return recent failures from this address; ``name_digests`` are keyed."""
    # A clock set back must not block logins for longer than a window.
    counted = (LoginFailure.failed_at > now - WINDOW) & (LoginFailure.failed_at < now + WINDOW)
    failed_at = case((LoginFailure.name_key.in_(name_digests), LoginFailure.failed_at))
    columns = (func.count(failed_at), func.count(), func.min(failed_at), func.min(LoginFailure.failed_at))
    row = connection.execute(select(*columns).where((LoginFailure.address == address) & counted)).one()
    return Failures(*row)


def add(connection: Connection, address: str, name_digest: str, now: datetime) -> None:
    """Store a failure."""
    connection.execute(insert(LoginFailure).values(address=address, name_key=name_digest, failed_at=now))


def lock_address(connection: Connection, address: str) -> None:
    """Serialise counting and adding for one address on all nodes."""
    lock(connection, zlib.crc32(address.encode()) & 0x7FFFFFFF)


def sweep(connection: Connection, now: datetime) -> int:
    """Delete expired failures; return how many."""
    return connection.execute(delete(LoginFailure).where(LoginFailure.failed_at <= now - WINDOW)).rowcount
