"""Pictures and sounds of the content itself. A file is as locked as the puzzles that show it."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, make_response, request
from werkzeug.wrappers import Response as BaseResponse

from app.errors import NotFound
from app.middleware.locks import is_nobody
from app.services.shelving import Shelf, shelf_of
from app.views.access import for_all
from app.views.visit import Visit, visit

assets = Blueprint("assets", __name__)

# Opened by itself a drawing is a document of our origin: it may do nothing there.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@assets.get("/assets/<name>")
@for_all
def show(name: str) -> BaseResponse:
    """One file. Locked and unknown are the same 404."""
    seen, path = visit(), f"/assets/{name}"
    shelf = shelf_of(seen.content)
    asset = shelf.assets.get(path)
    if asset is None or not _may_have(seen, shelf, path):
        raise NotFound
    response = make_response(asset.content)
    response.headers["Content-Type"] = asset.media_type
    response.headers["Content-Security-Policy"] = POLICY
    # The address is made from the bytes. Private: what is locked for one team must not be kept for another.
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    response.set_etag(name.partition(".")[0])
    return response.make_conditional(request, accept_ranges=True, complete_length=len(asset.content))


def _may_have(seen: Visit, shelf: Shelf, path: str) -> bool:
    if path in shelf.public:
        return True
    return may_see_any(seen, shelf.levels.get(path, frozenset()), shelf.puzzles.get(path, frozenset()))


def may_see_any(seen: Visit, levels: Collection[str], puzzles: Collection[str]) -> bool:
    """Whether one of these levels or puzzles (record ids; unknown ones count for nothing) is open to the viewer.

    Who prepares the hunt sees the pictures of every puzzle, as its preview shows them.
    """
    if is_nobody(seen) or (seen.hunt_state == "before" and not seen.sees_early):
        return False
    if seen.settings.lockdown_puzzles and not seen.is_admin:
        return False
    if seen.sees_early:
        return True
    content, game = seen.content, seen.game
    known_levels = (content.levels_by_key[one] for one in levels if one in content.levels_by_key)
    known_puzzles = (content.puzzles_by_key[one] for one in puzzles if one in content.puzzles_by_key)
    return any(map(game.is_level_open, known_levels)) or any(map(game.is_puzzle_open, known_puzzles))
