"""The dashboard page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import redirect
from werkzeug.wrappers import Response as BaseResponse

from app.content.restock_job import latest_run
from app.content.version_pages import count_warnings
from app.core.hunt_settings import HuntSettings
from app.core.text import sentence
from app.ops.dashboard import Minute, oversee
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import first_page, render_admin
from app.web.template_globals import in_words
from app.web.visit import ports, visit


class Bar(NamedTuple):
    """Heights and tops in a box of 600 by 120."""

    at: datetime
    guesses: int
    solves: int
    x: float
    guesses_y: float
    guesses_height: float
    solves_y: float
    solves_height: float


WIDTH, HEIGHT = 600.0, 120.0
QUICK = {
    "lockdown": sentence("Open/close"),
    "messages_page": sentence("New message"),
    "content": sentence("Restock or roll back"),
    "teams": sentence("Find a team"),
}


@admin.get("/")
@role("helper", "writer")
def dashboard() -> str | BaseResponse:
    if not visit().is_admin:
        return redirect(first_page(), 303)
    found, seen = oversee(ports().database, ports().in_force, ports().clock), visit()
    top = max([minute.guesses for minute in found.minutes] + [minute.solves for minute in found.minutes] + [4])
    return render_admin(
        "ops/dashboard.html",
        found=found,
        bars=tuple(_bars(found.minutes, top)),
        guesses=sum(minute.guesses for minute in found.minutes),
        solves=sum(minute.solves for minute in found.minutes),
        top=top,
        in_words=in_words,
        median=lambda seconds: timedelta(seconds=seconds),
        left=_time_left(seen.now, seen.settings),
        content_version=seen.content.version,
        warnings=count_warnings(ports().database, seen.content.version),
        restock=latest_run(ports().database, ports().clock),
        links=QUICK,
    )


def _time_left(now: datetime, settings: HuntSettings) -> tuple[str, timedelta] | None:
    """To the start, or else to the end."""
    for words, at in ((sentence("Starts in"), settings.starts_at), (sentence("Ends in"), settings.ends_at)):
        if at is not None and at > now:
            return words, at - now
    return None


def _bars(minutes: tuple[Minute, ...], top: int) -> Iterable[Bar]:
    width = WIDTH / max(1, len(minutes))
    for place, minute in enumerate(minutes):
        guesses, solves = HEIGHT * minute.guesses / top, HEIGHT * minute.solves / top
        heights = (round(HEIGHT - guesses, 1), round(guesses, 1), round(HEIGHT - solves, 1), round(solves, 1))
        yield Bar(minute.at, minute.guesses, minute.solves, round(place * width, 1), *heights)
