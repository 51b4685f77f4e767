"""Pictures and sounds of the content. A file is locked like the puzzles that show it; locked and unknown are the
same 404.
"""

from __future__ import annotations

from flask import Blueprint, make_response, request
from werkzeug.wrappers import Response as BaseResponse

from app.content.asset_index import AssetIndex, index_of
from app.errors import NotFound
from app.web.access import for_all, may_see_any
from app.web.visit import Visit, visit

assets = Blueprint("assets", __name__)

# An SVG opened by itself is a document of our origin.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@assets.get("/assets/<name>")
@for_all
def show(name: str) -> BaseResponse:
    seen, path = visit(), f"/assets/{name}"
    index = index_of(seen.content)
    asset = index.assets.get(path)
    if asset is None or not _may_have(seen, index, path):
        raise NotFound
    response = make_response(asset.content)
    response.headers["Content-Type"] = asset.media_type
    response.headers["Content-Security-Policy"] = POLICY
    # The address is made from the bytes. Private: what is locked for one team must not be kept for another.
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    response.set_etag(name.partition(".")[0])
    return response.make_conditional(request, accept_ranges=True, complete_length=len(asset.content))


def _may_have(seen: Visit, index: AssetIndex, path: str) -> bool:
    if path in index.public:
        return True
    return may_see_any(seen, index.levels.get(path, frozenset()), index.puzzles.get(path, frozenset()))
