"""Other people's pictures as this site has them: found in the database, else fetched once, whoever asks.

Fetching goes through the port ``Ports.prox``; which addresses may be asked is its policy. One of all who want a picture
fetches it, whatever process or node they are on; the others wait for what it brings. A claim in the database decides
who, with an end, so that a process that dies holds nobody up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from app.core.fetch_result import NotToBeHad
from app.errors import NotFound
from app.ports import Ports, Prox
from app.prox import queries as prox_queries
from app.prox.queries import PictureLine

# Longer than the longest fetch, so that nobody begins another one beside it.
CLAIM = timedelta(seconds=40)
# An origin that failed is left in peace for so long, however many ask.
REST = timedelta(seconds=30)
SECONDS_BETWEEN_LOOKS = 0.1
MOST_LOOKS = 450
HTTPS = "https://"


class PictureUnknown(NotFound):
    """There is no such picture, and nowhere to fetch it from."""


class PictureMissing(Exception):
    """The picture could not be had; the text says why. Another time may do."""


def id_of(source: str) -> str:
    """The name under which a source's picture is kept."""
    return hashlib.sha256(source.encode()).hexdigest()


def path_of(ports: Ports, owner: str, source: str) -> str:
    """Where this site shows a picture; its own address where the program asks nobody."""
    return ports.prox.path_of(owner, source) if ports.prox else source


def find_picture(ports: Ports, source: str) -> PictureLine:
    """The picture of this source with its bytes in the database, fetched now if need be.

    Raises :class:`PictureUnknown` and :class:`PictureMissing`.
    """
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
    """The bytes of a picture that is here."""
    return prox_queries.read_pieces(ports.database, picture_id)


def fetch_picture(ports: Ports, picture_id: str, *, anew: bool = False) -> PictureLine:
    """Fetch a known picture, or wait for whoever is at it. ``anew`` also when it is here already.

    Raises :class:`PictureMissing`; what was here before stays.
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
        # Another process is at it: what it brings is ours too.
        anew = False
        ports.pause(SECONDS_BETWEEN_LOOKS)
    raise PictureMissing("Somebody else has been fetching this picture for too long.")


def _fetch_unless_here(ports: Ports, line: PictureLine, anew: bool) -> PictureLine:
    """Fetch, unless another process brought it between our look and our claim."""
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
