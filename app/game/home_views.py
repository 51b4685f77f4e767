"""The home page."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from flask import Blueprint, Response

from app.announcements.announcements import list_announcements
from app.announcements.views import item_of, reader_of
from app.content.organiser_text import rendered
from app.core.text import sentence
from app.errors import NotFound
from app.web.access import for_all, kept
from app.web.header_values import file_disposition
from app.web.pages import HomePage, Welcome
from app.web.render import render
from app.web.site_address import site_url
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
        announcements=tuple(item_of(one, seen) for one in latest),
        welcome=_welcome(seen),
    )
    return render("game/home.html", page)


@home.get("/calendar.ics")
@for_all
def hunt_as_event() -> Response:
    """404 without a start."""
    # Only those who ask pay for loading the library.
    from app.game.calendar import hunt_calendar

    seen = visit()
    if seen.settings.starts_at is None:
        raise NotFound
    event = hunt_calendar(
        seen.settings, seen.settings.starts_at, site_url(), seen.state.settings_revision, ports().clock.now()
    )
    response = Response(event, mimetype="text/calendar")
    response.headers["Content-Disposition"] = file_disposition("hunt", "ics")
    return response


def _welcome(seen: Visit) -> Welcome | None:
    team = seen.team
    if team is None or team.roles or team.is_banned or seen.hunt_state != "before":
        return None
    rules = next((f"/page/{page.slug}" for page in seen.content.pages if page.slug == "rules"), "")
    return Welcome(team.name, site_url() + "account/login" if site_url() else "", rules, bool(team.emails))


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
