"""The organisers' style for the whole site: that of the content, then that of the settings."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, make_response

from app.content.html.css import clean_css, is_link
from app.web.access import for_all
from app.web.visit import visit

style = Blueprint("style", __name__)


@style.get("/style/site.css")
@for_all
def site() -> Response:
    seen = visit()
    response = make_response(f"{seen.content.site_css}\n{_cleaned(seen.settings.site_css)}")
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    # Pages name it with the revisions it was made from, so it can be kept.
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@lru_cache(maxsize=4)
def _cleaned(text: str) -> str:
    # A link was fetched at the restock and stands in the content; only text is cleaned here.
    return "" if is_link(text) else clean_css(text, "").css
