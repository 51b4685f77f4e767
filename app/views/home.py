"""The front page: the organisers' words, the countdown, the latest announcements."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from flask import Blueprint

from app.rules.wording import sentence
from app.services.announcing import list_announcements
from app.services.picturing import rendered
from app.views.access import for_all
from app.views.announcements import item_of, reader_of
from app.views.pages.reading import HomePage
from app.views.rendering import render
from app.views.visit import Visit, ports, visit

home = Blueprint("home", __name__)

ANNOUNCEMENTS_SHOWN = 3


@home.get("/")
@for_all
def front() -> str:
    """The way in."""
    seen = visit()
    counts_to, label = _countdown(seen)
    latest = list_announcements(ports(), reader_of(seen))[:ANNOUNCEMENTS_SHOWN]
    page = HomePage(
        body_html=_body(seen),
        countdown_to=counts_to,
        countdown_label=label,
        announcements=tuple(item_of(one) for one in latest),
    )
    return render("home/home.html", page)


def _body(seen: Visit) -> str:
    if seen.settings.home_text:
        return _rendered(seen.settings.home_text)
    return next((page.html for page in seen.content.pages if page.slug == "home"), "")


@lru_cache(maxsize=8)
def _rendered(text: str) -> str:
    # The organisers' text changes rarely and is the same for everybody.
    return rendered(ports(), text)


def _countdown(seen: Visit) -> tuple[datetime | None, str]:
    if seen.hunt_state == "before":
        return seen.settings.starts_at, sentence("The hunt starts")
    if seen.hunt_state == "running":
        return seen.settings.ends_at, sentence("The hunt ends") if seen.settings.ends_at else ""
    return None, sentence("The hunt has ended")
