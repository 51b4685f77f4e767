"""Files of the look."""

from __future__ import annotations

import base64
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from app.database.engine import Database
from app.database.schema import LookFile
from app.database.teams import lock

# Names the advisory lock for changes of these files.
LOCK = 1_651_471


def keep_file(connection: Connection, name: str, media_type: str, content: bytes, by: str, now: datetime) -> None:
    # Equal files are stored once; a file sent again is new again.
    lock(connection, LOCK)
    known = connection.execute(update(LookFile).where(LookFile.name == name).values(added_at=now)).rowcount
    if not known:
        body = base64.b64encode(content).decode()
        row = {"name": name, "media_type": media_type, "body": body, "added_at": now, "added_by": by[:64]}
        connection.execute(insert(LookFile), [row])


def drop_unused(connection: Connection, used: Collection[str], before: datetime) -> None:
    connection.execute(delete(LookFile).where(LookFile.added_at < before, LookFile.name.not_in(list(used))))


def missing_files(connection: Connection, names: Collection[str]) -> set[str]:
    if not names:
        return set()
    found = connection.execute(select(LookFile.name).where(LookFile.name.in_(list(names)))).scalars()
    return set(names) - set(found)


def read_file(database: Database, name: str) -> tuple[str, bytes] | None:
    with database.reading() as connection:
        row = connection.execute(select(LookFile.media_type, LookFile.body).where(LookFile.name == name)).one_or_none()
    return (row[0], base64.b64decode(row[1])) if row else None
