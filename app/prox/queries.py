"""Copies of other people's pictures, and who is fetching which.

The bytes lie here so that a node need not ask the origin for what another node has, and so that a backup is whole.
"""

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
    """What is known of a picture. ``digest`` is empty until its bytes are here; ``problem`` says why a try failed."""

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
        """Whether the bytes can be had without asking anybody."""
        return bool(self.digest)


_COLUMNS = tuple(getattr(Picture, name) for name in PictureLine.__slots__)


def find(database: Database, picture_id: str) -> PictureLine | None:
    """One picture."""
    with database.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(Picture.id == picture_id)).one_or_none()
    return PictureLine(*row) if row else None


def find_many(database: Database, ids: Collection[str]) -> dict[str, PictureLine]:
    """Those of these pictures that are known, by id."""
    wanted, found = sorted(ids), dict[str, PictureLine]()
    with database.reading() as connection:
        for start in range(0, len(wanted), AT_ONCE):
            query = select(*_COLUMNS).where(Picture.id.in_(wanted[start : start + AT_ONCE]))
            found |= {row[0]: PictureLine(*row) for row in connection.execute(query)}
    return found


def note(database: Database, picture_id: str, address: str, name: str) -> None:
    """Know this picture, under its newest address: an attachment's changes every few hours."""
    values = {"address": address, "name": name}
    with database.writing() as connection:
        if connection.execute(update(Picture).where(Picture.id == picture_id).values(**values)).rowcount:
            return
    try:
        with database.writing() as connection:
            connection.execute(insert(Picture).values(id=picture_id, **values))
    except IntegrityError:
        # Another node came to know it in this moment.
        return


def claim(connection: Connection, picture_id: str, now: datetime, until: datetime) -> bool:
    """Take the right to fetch this picture until a moment; False while somebody else has it."""
    is_free = or_(Picture.claimed_until.is_(None), Picture.claimed_until < now)
    taken = update(Picture).where(Picture.id == picture_id, is_free).values(claimed_until=until)
    return bool(connection.execute(taken).rowcount)


def release(connection: Connection, picture_id: str) -> None:
    """Give the claim back."""
    connection.execute(update(Picture).where(Picture.id == picture_id).values(claimed_until=None))


def keep(connection: Connection, picture_id: str, content: bytes, **columns: Any) -> None:
    """Put the bytes in place of whatever was there, and give the claim back.

    The picture's own row comes first: its lock lets one keeper at a time replace the pieces. Two sources of the same
    bytes have the same smaller copies, so two may well keep one picture in the same moment.
    """
    values = {"size": len(content), "problem": "", "claimed_until": None, **columns}
    connection.execute(update(Picture).where(Picture.id == picture_id).values(**values))
    connection.execute(delete(PicturePiece).where(PicturePiece.picture_id == picture_id))
    for number, start in enumerate(range(0, len(content), PIECE_BYTES)):
        body = base64.b64encode(content[start : start + PIECE_BYTES]).decode("ascii")
        connection.execute(insert(PicturePiece).values(picture_id=picture_id, number=number, body=body))


def note_failure(connection: Connection, picture_id: str, problem: str, tried_at: datetime) -> None:
    """Remember why it could not be had, and give the claim back; bytes that are here stay."""
    values = {"problem": problem[:300], "tried_at": tried_at, "claimed_until": None}
    connection.execute(update(Picture).where(Picture.id == picture_id).values(**values))


def read_pieces(database: Database, picture_id: str) -> Iterator[bytes]:
    """The bytes, piece by piece; no connection is held in between."""
    number = 0
    while (body := _piece(database, picture_id, number)) is not None:
        yield base64.b64decode(body)
        number += 1


def _piece(database: Database, picture_id: str, number: int) -> str | None:
    query = select(PicturePiece.body).where(PicturePiece.picture_id == picture_id, PicturePiece.number == number)
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none()
