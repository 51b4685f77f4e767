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
    """By name and address, with the oldest's time."""

    of_name: int
    of_address: int
    oldest_of_name: datetime | None
    oldest_of_address: datetime | None


def recent(connection: Connection, address: str, name_digests: Sequence[str], now: datetime) -> Failures:
    """``name_digests`` are keyed."""
    # A clock set back must not block logins for longer than a window.
    counted = (LoginFailure.failed_at > now - WINDOW) & (LoginFailure.failed_at < now + WINDOW)
    failed_at = case((LoginFailure.name_key.in_(name_digests), LoginFailure.failed_at))
    columns = (func.count(failed_at), func.count(), func.min(failed_at), func.min(LoginFailure.failed_at))
    row = connection.execute(select(*columns).where((LoginFailure.address == address) & counted)).one()
    return Failures(*row)


def add(connection: Connection, address: str, name_digest: str, now: datetime) -> None:
    connection.execute(insert(LoginFailure).values(address=address, name_key=name_digest, failed_at=now))


def lock_address(connection: Connection, address: str) -> None:
    """Serialise an address on all nodes."""
    lock(connection, zlib.crc32(address.encode()) & 0x7FFFFFFF)


def sweep(connection: Connection, now: datetime) -> int:
    """Returns how many."""
    return connection.execute(delete(LoginFailure).where(LoginFailure.failed_at <= now - WINDOW)).rowcount
