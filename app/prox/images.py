"""Third-party pictures. A claim in the database makes one process on any node fetch while the others wait; it
expires in case that process dies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from app.core.fetch_result import NotToBeHad
from app.errors import NotFound
from app.ports import Ports, Prox
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
    """The picture could not be fetched; the text says why. A retry may succeed."""


def id_of(source: str) -> str:
    """The storage id of a source's picture."""
    return hashlib.sha256(source.encode()).hexdigest()


def path_of(ports: Ports, owner: str, source: str) -> str:
    """This site's path to a picture, or the original URL if fetching is off."""
    return ports.prox.path_of(owner, source) if ports.prox else source


def find_picture(ports: Ports, source: str) -> PictureLine:
    """Fetches if needed. Raises :class:`PictureUnknown` and :class:`PictureMissing`."""
    found = prox_queries.find(ports.database, id_of(source))
    if found is not None and found.is_here:
        return found
    if found is None:
        if not source.startswith((HTTPS, "http://")):
            raise PictureUnknown
        prox_queries.note(ports.database, id_of(source), source, "")
    elif not found.address:
        raise PictureUnknown
    return fetch_picture(ports, id_of(source))


def pieces_of(ports: Ports, picture_id: str) -> Iterator[bytes]:
    """The bytes of a stored picture, in chunks."""
    return prox_queries.read_pieces(ports.database, picture_id)


def fetch_picture(ports: Ports, picture_id: str, *, anew: bool = False) -> PictureLine:
    """Fetch a known picture, or wait for the process that does. ``anew`` refetches.

    Raises :class:`PictureMissing`; the stored picture stays.
    """
    for _ in range(MOST_LOOKS):
        line = prox_queries.find(ports.database, picture_id)
        if line is None:
            raise PictureMissing("The picture is not known any more.")
        if line.is_here and not anew:
            return line
        _refuse_while_resting(ports, line, anew)
        now = ports.clock.now()
        with ports.database.writing() as connection:
            is_mine = prox_queries.claim(connection, picture_id, now, now + CLAIM)
        if is_mine:
            return _fetch_unless_here(ports, line, anew)
        # Another process is fetching: use its result.
        anew = False
        ports.pause(SECONDS_BETWEEN_LOOKS)
    raise PictureMissing("Somebody else has been fetching this picture for too long.")


def _fetch_unless_here(ports: Ports, line: PictureLine, anew: bool) -> PictureLine:
    newest = prox_queries.find(ports.database, line.id)
    if newest is None or not newest.is_here or anew:
        return _fetch(ports, line)
    with ports.database.writing() as connection:
        prox_queries.release(connection, line.id)
    return newest


def _refuse_while_resting(ports: Ports, line: PictureLine, anew: bool) -> None:
    if line.problem and line.tried_at and ports.clock.now() - line.tried_at < REST and not anew:
        raise PictureMissing(line.problem)


def _fetch(ports: Ports, line: PictureLine) -> PictureLine:
    try:
        got = _prox(ports).picture(line.address)
    except NotToBeHad as problem:
        _note_failure(ports, line.id, str(problem))
        raise PictureMissing(str(problem)) from None
    except BaseException:
        _note_failure(ports, line.id, "Fetching it was broken off.")
        raise
    digest, now = hashlib.sha256(got.content).hexdigest(), ports.clock.now()
    row = {"digest": digest, "media_type": got.media_type, "width": got.width, "height": got.height}
    with ports.database.writing() as connection:
        prox_queries.keep(connection, line.id, got.content, fetched_at=now, tried_at=now, **row)
    return _landed(ports, line.id)


def _note_failure(ports: Ports, picture_id: str, problem: str) -> None:
    with ports.database.writing() as connection:
        prox_queries.note_failure(connection, picture_id, problem, ports.clock.now())


def _landed(ports: Ports, picture_id: str) -> PictureLine:
    line = prox_queries.find(ports.database, picture_id)
    if line is None or not line.is_here:
        raise PictureMissing((line and line.problem) or "The picture has not come.")
    return line


def _prox(ports: Ports) -> Prox:
    if ports.prox is None:
        raise PictureMissing("This program asks nobody for pictures.")
    return ports.prox
