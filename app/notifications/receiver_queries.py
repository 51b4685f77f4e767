"""Queries for fairness: last turns of keys, pauses of hosts and hooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from app.database.schema import Receiver

# Prefix of a row's name.
KEY, HOST = "key:", "host:"
NEW = {"served_at": None, "failures": 0, "wait_until": None, "is_quick": False}


def note_turn(connection: Connection, keys: Sequence[str], now: datetime) -> None:
    for key in sorted(set(keys)):
        _put(connection, KEY + key, served_at=now)


def note_answer(connection: Connection, name: str, now: datetime, *, is_quick: bool) -> None:
    """End its pauses. ``is_quick``: it replied fast."""
    _put(connection, name, served_at=now, failures=0, wait_until=None, is_quick=is_quick)


def note_failure(connection: Connection, name: str, now: datetime, first: timedelta, longest: timedelta) -> None:
    """Pause it, doubling each time."""
    _put(connection, name, served_at=now, is_quick=False)
    counted = update(Receiver).where(Receiver.name == name).values(failures=Receiver.failures + 1)
    failures = connection.execute(counted.returning(Receiver.failures)).scalar_one()
    pause = min(first * 2 ** min(failures - 1, 20), longest)
    connection.execute(update(Receiver).where(Receiver.name == name).values(wait_until=now + pause))


def forget(connection: Connection, name: str) -> None:
    connection.execute(delete(Receiver).where(Receiver.name == name))


def sweep(connection: Connection, served_before: datetime) -> None:
    connection.execute(delete(Receiver).where(Receiver.served_at < served_before))


def _put(connection: Connection, name: str, **columns: Any) -> None:
    make: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = make(Receiver).values(name=name, **(NEW | columns))
    connection.execute(row.on_conflict_do_update(index_elements=[Receiver.name], set_=columns))
