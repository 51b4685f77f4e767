"""The home page."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from flask import Blueprint

from app.announcements.announcements import list_announcements
from app.announcements.views import item_of, reader_of
from app.content.organiser_text import rendered
from app.core.text import sentence
from app.web.access import for_all, kept
from app.web.pages import HomePage
from app.web.render import render
from app.web.visit import Visit, ports, visit

home = Blueprint("home", __name__)

ANNOUNCEMENTS_SHOWN = 3


@home.get("/")
@for_all
@kept(marks=("news",))
def front() -> str:
    seen = visit()
    counts_to, label = _countdown(seen)
    latest = list_announcements(ports().database, ports().clock, reader_of(seen))[:ANNOUNCEMENTS_SHOWN]
    page = HomePage(
        body_html=_body(seen),
        countdown_to=counts_to,
        countdown_label=label,
        announcements=tuple(item_of(one, visit()) for one in latest),
    )
    return render("game/home.html", page)


def _body(seen: Visit) -> str:
    if seen.settings.home_text:
        return _rendered(seen.settings.home_text)
    return next((page.html for page in seen.content.pages if page.slug == "home"), "")


@lru_cache(maxsize=8)
def _rendered(text: str) -> str:
    # The text rarely changes and is the same for all.
    return rendered(ports().prox, text)


def _countdown(seen: Visit) -> tuple[datetime | None, str]:
    if seen.hunt_state == "before":
        return seen.settings.starts_at, sentence("The hunt starts")
    if seen.hunt_state == "running":
        return seen.settings.ends_at, sentence("The hunt ends") if seen.settings.ends_at else ""
    return None, sentence("The hunt is over. Thanks for playing!")
