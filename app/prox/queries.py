"""SQL for stored pictures and fetch claims."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.database.engine import Database
from app.database.schema import Picture, PicturePiece

PIECE_BYTES = 192 * 1024
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PictureLine:
    """``digest`` is empty until the bytes are stored; ``problem`` says why a fetch failed."""

    id: str
    address: str
    name: str
    digest: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    fetched_at: datetime | None
    tried_at: datetime | None
    problem: str
    claimed_until: datetime | None

    @property
    def is_here(self) -> bool:
        return bool(self.digest)


_COLUMNS = tuple(getattr(Picture, name) for name in PictureLine.__slots__)


def find(database: Database, picture_id: str) -> PictureLine | None:
    with database.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(Picture.id == picture_id)).one_or_none()
    return PictureLine(*row) if row else None


def find_many(database: Database, ids: Collection[str]) -> dict[str, PictureLine]:
    wanted, found = sorted(ids), dict[str, PictureLine]()
    with database.reading() as connection:
        for start in range(0, len(wanted), AT_ONCE):
            query = select(*_COLUMNS).where(Picture.id.in_(wanted[start : start + AT_ONCE]))
            found |= {row[0]: PictureLine(*row) for row in connection.execute(query)}
    return found


def note(database: Database, picture_id: str, address: str, name: str) -> None:
    """Register it or update its URL: attachment URLs expire."""
    values = {"address": address, "name": name}
    with database.writing() as connection:
        if connection.execute(update(Picture).where(Picture.id == picture_id).values(**values)).rowcount:
            return
    try:
        with database.writing() as connection:
            connection.execute(insert(Picture).values(id=picture_id, **values))
    except IntegrityError:
        # Another node inserted it concurrently.
        return


def claim(connection: Connection, picture_id: str, now: datetime, until: datetime) -> bool:
    """False if another process holds the claim."""
    is_free = or_(Picture.claimed_until.is_(None), Picture.claimed_until < now)
    taken = update(Picture).where(Picture.id == picture_id, is_free).values(claimed_until=until)
    return bool(connection.execute(taken).rowcount)


def release(connection: Connection, picture_id: str) -> None:
    connection.execute(update(Picture).where(Picture.id == picture_id).values(claimed_until=None))


def keep(connection: Connection, picture_id: str, content: bytes, **columns: Any) -> None:
    """Replace the bytes and release the claim.

    Locks the picture's row first, so concurrent writers replace the pieces one at a time: two sources with equal
    bytes share thumbnails.
    """
    values = {"size": len(content), "problem": "", "claimed_until": None, **columns}
    connection.execute(update(Picture).where(Picture.id == picture_id).values(**values))
    connection.execute(delete(PicturePiece).where(PicturePiece.picture_id == picture_id))
    for number, start in enumerate(range(0, len(content), PIECE_BYTES)):
        body = base64.b64encode(content[start : start + PIECE_BYTES]).decode("ascii")
        connection.execute(insert(PicturePiece).values(picture_id=picture_id, number=number, body=body))


def note_failure(connection: Connection, picture_id: str, problem: str, tried_at: datetime) -> None:
    """Releases the claim; stored bytes stay."""
    values = {"problem": problem[:300], "tried_at": tried_at, "claimed_until": None}
    connection.execute(update(Picture).where(Picture.id == picture_id).values(**values))


def read_pieces(database: Database, picture_id: str) -> Iterator[bytes]:
    """The bytes in chunks; holds no connection between chunks."""
    number = 0
    while (body := _piece(database, picture_id, number)) is not None:
        yield base64.b64decode(body)
        number += 1


def _piece(database: Database, picture_id: str, number: int) -> str | None:
    query = select(PicturePiece.body).where(PicturePiece.picture_id == picture_id, PicturePiece.number == number)
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none()
