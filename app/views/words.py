"""What every template can say without importing it: icons, moments, the token's field, and the pages' macros.

An import costs a template more than most of what it prints, since Jinja works out anew for every page what the
imported file may see. These see nothing of a page but what they are handed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.views.visit import maybe_visit

_FALLBACK_ZONE = "UTC"
# A page of guesses names fifty moments, and the same ones at the next look.
MOMENTS_KEPT = TOKENS_KEPT = 8_192
_tokens: dict[str, str] = {}


def install(app: Flask) -> None:
    """Teach the app's templates these words."""
    words: dict[str, Any] = app.jinja_env.globals
    words |= {"asset": _asset_of(app), "moment": moment, "csrf": csrf_field, "form_token": form_token}
    app.jinja_env.filters["hunt_time"] = hunt_time
    # A drawing is the same on every page.
    words["icon"] = cache(app.jinja_env.get_template("macros/icons.html").module.icon)  # type: ignore[attr-defined]
    words["styles"] = Markup(app.jinja_env.get_template("partials/styles.html").render())  # noqa: S704 - our own file
    times: Any = app.jinja_env.get_template("macros/moment.html").module
    words |= {"countdown": times.countdown, "next_xp": times.next_xp}
    for name, file in (("forms", "forms"), ("game", "puzzle"), ("board", "board")):
        words[name] = app.jinja_env.get_template(f"macros/{file}.html").module


def _asset_of(app: Flask) -> Callable[[str], str]:
    @cache
    def asset(path: str) -> str:
        """The address of a static file. The digest of the whole tree is in it, so it can be cached for ever."""
        return f"{app.config['STATIC_PREFIX']}/{path}"

    return asset


def form_token() -> str:
    """The token of this session's forms. It is valid as long as the session, so one is signed once."""
    raw = session.get("csrf_token", "")
    token = _tokens.get(raw)
    if token is None:
        if len(_tokens) >= TOKENS_KEPT:
            _tokens.clear()
        token = generate_csrf()
        _tokens[session["csrf_token"]] = token
    return token


def csrf_field() -> Markup:
    """The hidden field without which no form is taken."""
    # A token is made of letters, digits, points and dashes: there is nothing to escape.
    return Markup(f'<input type="hidden" name="csrf_token" value="{form_token()}">')  # noqa: S704


def moment(at: datetime, zone: bool = True) -> Markup:
    """A moment in the hunt's zone, if wanted with its name; the script adds the reader's own where it differs."""
    return _moment(at, hunt_zone(), zone)


def hunt_time(at: datetime) -> str:
    """A moment in the hunt's own zone, without the zone's name: “Sat 21 November 2026, 18:00”."""
    return _time_in(at, hunt_zone())


@lru_cache(MOMENTS_KEPT)
def _moment(at: datetime, zone: str, is_named: bool) -> Markup:
    name = Markup(' <span class="zone">({})</span>').format(zone) if is_named else ""
    return Markup('<time datetime="{}" data-moment>{}{}</time>').format(at.isoformat(), _time_in(at, zone), name)


def _time_in(at: datetime, zone: str) -> str:
    local = at.astimezone(_zone(zone))
    return f"{local:%a} {local.day} {local:%B %Y, %H:%M}"


def hunt_zone() -> str:
    """The name of the hunt's zone."""
    seen = maybe_visit()
    return seen.settings.time_zone if seen else _FALLBACK_ZONE


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def in_words(taken: timedelta) -> str:
    """A length of time as people say it: “1 d 2 h 3 min”, “12 s”."""
    seconds = int(taken.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    days, rest = divmod(seconds // 60, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"
