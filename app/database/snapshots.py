"""Shared snapshots, such as boards: read, or build alone."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from app.database.engine import Database
from app.database.schema import Snapshot
from app.database.teams import lock


@dataclass(frozen=True, slots=True)
class Kept:
    made_at: datetime
    body: str


def read(database: Database, name: str) -> Kept | None:
    with database.reading() as connection:
        return _find(connection, name)


class Building:
    """The right to build, with a connection.

    ``newest``: finished by another process meanwhile.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        self._name = name
        self.newest = _find(connection, name)

    def keep(self, made_at: datetime, body: str) -> None:
        put(self.connection, self._name, made_at, body)


@contextmanager
def building(database: Database, name: str) -> Iterator[Building]:
    with database.writing(is_upkeep=True) as connection:
        lock(connection, zlib.crc32(name.encode()) & 0x7FFFFFFF)
        yield Building(connection, name)


def _find(connection: Connection, name: str) -> Kept | None:
    row = connection.execute(select(Snapshot.made_at, Snapshot.body).where(Snapshot.name == name)).one_or_none()
    return Kept(row[0], row[1]) if row else None


def put(connection: Connection, name: str, made_at: datetime, body: str) -> None:
    connection.execute(delete(Snapshot).where(Snapshot.name == name))
    connection.execute(insert(Snapshot).values(name=name, made_at=made_at, body=body))


def read_many(database: Database, prefix: str, since: datetime) -> dict[str, Kept]:
    """By name prefix, made since ``since``."""
    query = select(Snapshot.name, Snapshot.made_at, Snapshot.body)
    with database.reading() as connection:
        rows = connection.execute(query.where(Snapshot.name.startswith(prefix), Snapshot.made_at >= since)).all()
    return {row[0]: Kept(row[1], row[2]) for row in rows}


def drop(database: Database, name: str) -> None:
    with database.writing() as connection:
        connection.execute(delete(Snapshot).where(Snapshot.name == name))


def drop_old(database: Database, prefix: str, before: datetime) -> None:
    """By name prefix, made before ``before``."""
    with database.writing() as connection:
        connection.execute(delete(Snapshot).where(Snapshot.name.startswith(prefix), Snapshot.made_at < before))
