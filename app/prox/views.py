"""``/prox/TOKEN``: a third-party picture, locked like its puzzle.

Reads only the token and headers for caching and ranges; writes no session.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse
from werkzeug.wsgi import FileWrapper

from app.clock import Clock
from app.core.text import sentence
from app.database.engine import Database
from app.errors import Busy, HuntError, NotFound
from app.ports import Prox
from app.prox.client import PictureCache, ProxClient, Remembered
from app.prox.disk_cache import DamagedPicture
from app.prox.images import PictureMissing, find_picture, id_of, pieces_of
from app.prox.media_type import DOCUMENTS
from app.prox.tokens import Claim
from app.web.access import for_all, may_see_any
from app.web.header_values import file_disposition
from app.web.visit import Visit, ports, visit

prox = Blueprint("prox", __name__)

# A picture opened by itself is a document of our origin.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox"
CACHING = "private, max-age=31536000, immutable"
PIECE = 256 * 1024
SMALL = 1024 * 1024
ENDINGS = {
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/avif": "avif",
    "video/mp4": "mp4", "video/webm": "webm", "video/ogg": "ogv", "audio/mp4": "m4a", "audio/mpeg": "mp3",
    "audio/ogg": "ogg", "audio/wav": "wav", "application/pdf": "pdf",
}  # fmt: skip


@prox.get("/prox/<token>")
@for_all
def show(token: str) -> BaseResponse:
    """A forged token, a locked puzzle and an unknown picture are the same 404."""
    claim = _checked(visit(), token)
    pictures, world = cast(PictureCache, current_app.extensions["picture_cache"]), ports()
    found = pictures.known.get(claim.source)
    if found is not None and (path := pictures.disk.find(found.digest)):
        return _sent(found, path)
    with pictures.flights.turn(claim.source):
        found = pictures.known.get(claim.source) or _find(
            world.database, world.clock, world.prox, pictures, claim.source
        )
        where = pictures.disk.find(found.digest) or _brought(world.database, pictures, claim.source, found)
    return _sent(found, where)


def _checked(seen: Visit, token: str) -> Claim:
    """The claim, if the viewer may see it."""
    claim = cast(ProxClient, ports().prox).signer.claim(token)
    if claim.owner and not may_see_any(seen, {claim.owner}, {claim.owner}):
        raise NotFound
    return claim


def _find(database: Database, clock: Clock, prox: Prox | None, pictures: PictureCache, source: str) -> Remembered:
    try:
        line = find_picture(database, clock, prox, source)
    except PictureMissing:
        words = sentence("This picture cannot be had from where it comes. Please try again in a minute.")
        raise HuntError("busy", words, retry_after=30) from None
    found = Remembered(line.digest, line.media_type, line.name)
    pictures.known.put(source, found)
    return found


def _brought(database: Database, pictures: PictureCache, source: str, found: Remembered) -> Path | bytes:
    try:
        return pictures.disk.keep(found.digest, pieces_of(database, id_of(source)))
    except DamagedPicture:
        # Other bytes have come to the database since: look again, at the next request.
        pictures.known.pop(source)
        raise Busy(retry_after=1) from None
    except OSError:
        return b"".join(pieces_of(database, id_of(source)))


def _sent(found: Remembered, where: Path | bytes) -> BaseResponse:
    size = len(where) if isinstance(where, bytes) else where.stat().st_size
    response = Response(_body(where, size), mimetype=found.media_type, direct_passthrough=size > SMALL)
    response.content_length = size
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = CACHING
    # Shown in place; only a document that a browser would run its own viewer on is offered for saving.
    response.headers["Content-Disposition"] = file_disposition(
        found.name, ENDINGS.get(found.media_type, "bin"), is_shown=found.media_type not in DOCUMENTS
    )
    response.set_etag(found.digest[:32])
    try:
        answer = response.make_conditional(request, accept_ranges=True, complete_length=size)
    except HTTPException:
        response.close()
        raise
    if answer.status_code == 304 or request.method == "HEAD":
        # The response ends early.
        response.close()
    return answer


def _body(where: Path | bytes, size: int) -> list[bytes] | FileWrapper:
    """Small files at once, large ones in pieces that yield."""
    if isinstance(where, bytes):
        return [where]
    if size <= SMALL:
        return [where.read_bytes()]
    # Opened before the answer begins: a clean-up may take the name away, not the open file.
    return FileWrapper(where.open("rb"), PIECE)
