"""Template globals: icons, times, CSRF field, macros.

Faster than imports, which Jinja repeats for each page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from flask import Flask, current_app, request
from markupsafe import Markup

from app.core.moments import zone_shown
from app.web import bundles
from app.web.kept_pages import hole, is_asked_for_again
from app.web.languages import HuntTemplates, clock_time_in, environments, hunt_zone, language, time_in, told
from app.web.links import linked
from app.web.sessions import form_token
from app.web.visit import maybe_visit

# A page shows many times, mostly the same on each view.
MOMENTS_KEPT = NUMBERS_KEPT = 8_192


def install(app: Flask) -> None:
    for templates in environments(app).values():
        _teach(app, templates)


def _teach(app: Flask, templates: HuntTemplates) -> None:
    words: dict[str, Any] = templates.globals
    words |= {
        "asset": _asset_of(app),
        "style_urls": {kind: _bundled(app, bundles.style_paths, kind) for kind in bundles.STYLES},
        "script_urls": {kind: _bundled(app, bundles.script_paths, kind) for kind in bundles.SCRIPTS},
        "moment": moment,
        "age": age,
        "csrf": csrf_field,
        "form_token": form_token_or_hole,
        "hole": hole,
        "is_asked_for_again": is_asked_for_again,
        "own_words": own_words,
        "readable_address": readable_address,
        "has_mail": bool(app.extensions["config"].smtp_url),
        "has_organisation_login": app.extensions["identity_provider"] is not None,
    }
    words["points"] = lru_cache(NUMBERS_KEPT)(templates.get_template("web/macros/points.html").module.points)  # type: ignore[attr-defined]
    templates.filters |= {"hunt_time": hunt_time, "told": told, "linked": linked}
    # Copy the globals of the first template set to all.
    for name, value in app.jinja_env.globals.items():
        words.setdefault(name, value)
    # Icons are the same on every page.
    words["icon"] = cache(templates.get_template("web/macros/icons.html").module.icon)  # type: ignore[attr-defined]
    words["styles"] = Markup(templates.get_template("web/partials/styles.html").render())  # noqa: S704 - our own file
    times: Any = templates.get_template("web/macros/moment.html").module
    words |= {"countdown": times.countdown, "next_xp": times.next_xp, "whom_to_ask": times.whom_to_ask}
    for name, file in (("forms", "forms"), ("game", "puzzle"), ("board", "board")):
        words[name] = templates.get_template(f"web/macros/{file}.html").module


def _bundled(app: Flask, paths: Callable[..., tuple[str, ...]], kind: str) -> tuple[str, ...]:
    found = paths(kind, is_bundled=app.config["STATIC_IS_BUNDLED"])
    return tuple(f"{app.config['STATIC_PREFIX']}/{path}" for path in found)


def _asset_of(app: Flask) -> Callable[[str], str]:
    @cache
    def asset(path: str) -> str:
        return f"{app.config['STATIC_PREFIX']}/{path}"

    return asset


def form_token_or_hole() -> str:
    return hole("token") or form_token()


def own_words() -> Markup:
    """A ``lang`` attribute for authors' texts, if different."""
    seen = maybe_visit()
    code = seen.settings.language if seen else ""
    # Settings validate this: letters, digits and dashes.
    return Markup(f' lang="{code}"') if code and code.lower() != language() else Markup()  # noqa: S704


def readable_address() -> str:
    """Where the page that came in reply to a form is read again: a form's own address may know no GET."""
    addresses, path = current_app.create_url_adapter(request), "/" + request.path.lstrip("/")
    if addresses is None or addresses.test(path, method="GET"):
        return quote(path) + ("?" + request.query_string.decode("ascii", "replace") if request.query_string else "")
    while path.count("/") > 1 and not addresses.test(path, method="GET"):
        path = path.rpartition("/")[0]
    return quote(path)


def csrf_field() -> Markup:
    # Tokens hold only letters, digits, dots, dashes and underscores: no escaping needed.
    return Markup(f'<input type="hidden" name="csrf_token" value="{form_token_or_hole()}">')  # noqa: S704


def moment(at: datetime, zone: bool = True, short: bool = False) -> Markup:
    """In the hunt's zone; a script adds local time, and leaves out the day of a ``short`` one that is today."""
    return _moment(language(), at, hunt_zone(), zone, short)


def age(at: datetime) -> Markup:
    """How long ago: “12 min”, “3 h”, “4 d”, with the moment as title."""
    seen = maybe_visit()
    minutes = max(0, int((seen.now - at).total_seconds()) // 60) if seen else 0
    words = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), hunt_time(at), words
    )


def hunt_time(at: datetime) -> str:
    """Without zone: “Sat 21 November 2026, 18:00”."""
    return time_in(language(), at, hunt_zone())


@lru_cache(MOMENTS_KEPT)
def _moment(code: str, at: datetime, zone: str, is_named: bool, is_short: bool) -> Markup:
    # HTML allows at most three digits of a second.
    precise = at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    if is_short:
        whole = f"{clock_time_in(code, at, zone)} ({zone_shown(at, zone)})"
        words = clock_time_in(code, at, zone, is_short)
        return Markup('<time datetime="{}" title="{}" data-moment="short">{}</time>').format(precise, whole, words)
    if is_named:
        words = clock_time_in(code, at, zone)
        name = Markup(' <span class="zone">({})</span>').format(zone_shown(at, zone))
    else:
        words, name = time_in(code, at, zone), Markup()
    return Markup('<time datetime="{}" data-moment>{}{}</time>').format(precise, words, name)


def in_words(taken: timedelta) -> str:
    seconds = int(taken.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    days, rest = divmod(seconds // 60, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"
