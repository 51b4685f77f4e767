"""Queries for registrations by address, shared by all nodes.

A token bucket as one time: each registration moves it on, and the clock catches up.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from app.database.schema import RegistrationBucket
from app.database.teams import lock

EACH = timedelta(minutes=1)
# Apart from the keys of failed logins, which are digests of addresses too.
_SALT = b"registration "


def take(connection: Connection, address: str, most: int, now: datetime) -> timedelta | None:
    lock(connection, zlib.crc32(_SALT + address.encode()) & 0x7FFFFFFF)
    query = select(RegistrationBucket.full_at).where(RegistrationBucket.address == address)
    full_at = connection.execute(query).scalar_one_or_none()
    # A lower limit or a clock set back must not close registration for longer than a full bucket does.
    used = min(max(full_at or now, now) - now, most * EACH)
    if used > (most - 1) * EACH:
        return used - (most - 1) * EACH
    _write(connection, address, now + used + EACH, is_new=full_at is None)
    return None


def give_back(connection: Connection, address: str) -> None:
    """Undo one :func:`take`."""
    lock(connection, zlib.crc32(_SALT + address.encode()) & 0x7FFFFFFF)
    query = select(RegistrationBucket.full_at).where(RegistrationBucket.address == address)
    full_at = connection.execute(query).scalar_one_or_none()
    if full_at is not None:
        _write(connection, address, full_at - EACH, is_new=False)


def _write(connection: Connection, address: str, full_at: datetime, *, is_new: bool) -> None:
    if is_new:
        connection.execute(insert(RegistrationBucket).values(address=address, full_at=full_at))
    else:
        same = RegistrationBucket.address == address
        connection.execute(update(RegistrationBucket).where(same).values(full_at=full_at))


def sweep(connection: Connection, now: datetime) -> int:
    return connection.execute(delete(RegistrationBucket).where(RegistrationBucket.full_at <= now)).rowcount
