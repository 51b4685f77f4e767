"""Third-party pictures. A claim in the database makes one process on any node fetch while the others wait; it
expires in case that process dies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from app.clock import Clock
from app.core.fetch_result import NotToBeHad
from app.database.engine import Database
from app.errors import NotFound
from app.ports import Prox
from app.prox import queries as prox_queries
from app.prox.queries import PictureLine

# Longer than the longest fetch, so that two never run at once.
CLAIM = timedelta(seconds=40)
# Minimum delay before retrying a failed source.
REST = timedelta(seconds=30)
SECONDS_BETWEEN_LOOKS = 0.1
MOST_LOOKS = 450
HTTPS = "https://"


class PictureUnknown(NotFound):
    """The picture is unknown and has no source."""


class PictureMissing(Exception):
    """The text says why. A retry may succeed."""


def id_of(source: str) -> str:
    """The storage id of a source's picture."""
    return hashlib.sha256(source.encode()).hexdigest()


def path_of(prox: Prox | None, owner: str, source: str) -> str:
    """The original URL if fetching is off."""
    return prox.path_of(owner, source) if prox else source


def find_picture(database: Database, clock: Clock, prox: Prox | None, source: str) -> PictureLine:
    """Fetches if needed. Raises :class:`PictureUnknown`, :class:`PictureMissing`."""
    found = prox_queries.find(database, id_of(source))
    if found is not None and found.is_here:
        return found
    if found is None:
        if not source.startswith((HTTPS, "http://")):
            raise PictureUnknown
        prox_queries.note(database, id_of(source), source, "")
    elif not found.address:
        raise PictureUnknown
    return fetch_picture(database, clock, prox, id_of(source))


def pieces_of(database: Database, picture_id: str) -> Iterator[bytes]:
    return prox_queries.read_pieces(database, picture_id)


def fetch_picture(
    database: Database, clock: Clock, prox: Prox | None, picture_id: str, *, anew: bool = False
) -> PictureLine:
    """Fetch a known picture, or wait for the process that does. ``anew`` refetches.

    Raises :class:`PictureMissing`; the stored picture stays.
    """
    for _ in range(MOST_LOOKS):
        line = prox_queries.find(database, picture_id)
        if line is None:
            raise PictureMissing("The picture is not known any more.")
        if line.is_here and not anew:
            return line
        _refuse_while_resting(clock, line, anew)
        now = clock.now()
        with database.writing() as connection:
            is_mine = prox_queries.claim(connection, picture_id, now, now + CLAIM)
        if is_mine:
            return _fetch_unless_here(database, clock, prox, line, anew)
        # Another process is fetching: use its result.
        anew = False
        clock.sleep(SECONDS_BETWEEN_LOOKS)
    raise PictureMissing("Somebody else has been fetching this picture for too long.")


def _fetch_unless_here(
    database: Database, clock: Clock, prox: Prox | None, line: PictureLine, anew: bool
) -> PictureLine:
    newest = prox_queries.find(database, line.id)
    if newest is None or not newest.is_here or anew:
        return _fetch(database, clock, prox, line)
    with database.writing() as connection:
        prox_queries.release(connection, line.id)
    return newest


def _refuse_while_resting(clock: Clock, line: PictureLine, anew: bool) -> None:
    if line.problem and line.tried_at and clock.now() - line.tried_at < REST and not anew:
        raise PictureMissing(line.problem)


def _fetch(database: Database, clock: Clock, prox: Prox | None, line: PictureLine) -> PictureLine:
    try:
        got = _prox(prox).picture(line.address)
    except NotToBeHad as problem:
        _note_failure(database, clock, line.id, str(problem))
        raise PictureMissing(str(problem)) from None
    except BaseException:
        _note_failure(database, clock, line.id, "Fetching it was broken off.")
        raise
    digest, now = hashlib.sha256(got.content).hexdigest(), clock.now()
    row = {"digest": digest, "media_type": got.media_type, "width": got.width, "height": got.height}
    with database.writing() as connection:
        prox_queries.keep(connection, line.id, got.content, fetched_at=now, tried_at=now, **row)
    return _landed(database, line.id)


def _note_failure(database: Database, clock: Clock, picture_id: str, problem: str) -> None:
    with database.writing() as connection:
        prox_queries.note_failure(connection, picture_id, problem, clock.now())


def _landed(database: Database, picture_id: str) -> PictureLine:
    line = prox_queries.find(database, picture_id)
    if line is None or not line.is_here:
        raise PictureMissing((line and line.problem) or "The picture has not come.")
    return line


def _prox(prox: Prox | None) -> Prox:
    if prox is None:
        raise PictureMissing("This program asks nobody for pictures.")
    return prox
