"""Translation of the site's texts, not of authors'.

Team's setting, browser, English. Templates are compiled once a language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, cast

from babel.core import negotiate_locale
from babel.dates import format_datetime
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request
from flask.templating import Environment
from flask_babel import Babel
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from app.core.moments import local_in, zone_of, zone_shown
from app.core.text import ENGLISH, LANGUAGES, Text
from app.web.visit import maybe_visit

FOLDER = Path(__file__).parent.parent / "translations"
MOMENTS_KEPT = 8_192
_FALLBACK_ZONE = "UTC"
# Formats per language; English uses a fixed format, which scripts rely on.
MOMENT = {"de": "EEE d. MMMM y, HH:mm"}
OTHER_MOMENT = "EEE d MMMM y, HH:mm"
SHORT = {"de": "d. MMM, HH:mm"}
OTHER_SHORT = "d MMM, HH:mm"


# --- language choice --------------------------------------------------------------------------------------------------


def language() -> str:
    """The visitor's; English outside requests."""
    if not has_request_context():
        return ENGLISH
    found = g.get("language")
    if found is None:
        seen = maybe_visit()
        chosen = seen.team.language if seen is not None and seen.team is not None else ""
        found = g.language = chosen if chosen in LANGUAGES else asked_for()
    return cast(str, found)


def asked_for() -> str:
    wanted = [tag for tag, quality in request.accept_languages if quality > 0]
    return negotiate_locale(wanted, LANGUAGES, sep="-") or ENGLISH


# --- translation ------------------------------------------------------------------------------------------------------


def told(text: str) -> str:
    return _tell(environments(current_app), language(), text, hunt_zone())


def told_in(code: str, text: str) -> str:
    return _tell(environments(current_app), code, text, hunt_zone())


def translator(app: Flask) -> Callable[[str, str], str]:
    """Needs no app or request context."""
    known = environments(app)
    return lambda code, text: _tell(known, code, text, _FALLBACK_ZONE)


def _tell(known: Mapping[str, HuntTemplates], code: str, text: str, zone: str) -> str:
    catalogue = known.get(code, known[ENGLISH]).catalogue
    if isinstance(text, Text):
        return text.told(catalogue, partial(_written, code, zone))
    # The empty key holds the catalogue's header.
    return catalogue.gettext(text) if text and code != ENGLISH else text


def _written(code: str, zone: str, value: int | datetime) -> str:
    return _number(code, value) if isinstance(value, int) else time_in(code, value, zone)


def told_number(count: int) -> str:
    """“12,345”, “12.345”."""
    return _number(language(), count)


@lru_cache(MOMENTS_KEPT)
def _number(code: str, count: int) -> str:
    return str(count) if -1000 < count < 1000 else format_decimal(count, locale=code)


def hunt_zone() -> str:
    seen = maybe_visit()
    return seen.settings.time_zone if seen else _FALLBACK_ZONE


def time_in(code: str, at: datetime, zone: str) -> str:
    """“Sat 21 November 2026, 18:00”, “Sa. 21. November 2026, 18:00”.

    With “UTC” outside years 1 to 9999.
    """
    words = clock_time_in(code, at, zone)
    return words if zone_shown(at, zone) == zone else f"{words} UTC"


def clock_time_in(code: str, at: datetime, zone: str, is_short: bool = False) -> str:
    """In :func:`app.core.moments.zone_shown`, unnamed."""
    local = local_in(at, zone_of(zone))
    if code != ENGLISH:
        pattern = SHORT.get(code, OTHER_SHORT) if is_short else MOMENT.get(code, OTHER_MOMENT)
        return format_datetime(local, pattern, locale=code)
    return f"{local.day} {local:%b, %H:%M}" if is_short else f"{local:%a} {local.day} {local:%B %Y, %H:%M}"


# --- catalogues and templates -----------------------------------------------------------------------------------------


class HuntTemplates(Environment):
    """In one language; :class:`_Fixed` translates at compile time."""

    catalogue: NullTranslations = NullTranslations()

    def compile(
        self, source: Any, name: str | None = None, filename: str | None = None, *rest: Any, **more: Any
    ) -> Any:
        if isinstance(source, str):
            source = _Fixed(self.catalogue).visit(self.parse(source, name, filename))
        return super().compile(source, name, filename, *rest, **more)


class _Fixed(NodeTransformer):
    """Translates ``_("…")`` and ``{% trans %}`` without values."""

    def __init__(self, catalogue: NullTranslations) -> None:
        self._catalogue = catalogue

    def visit_Call(self, node: nodes.Call, *rest: Any) -> nodes.Node:  # noqa: N802 - Jinja's own way of naming
        self.generic_visit(node, *rest)
        is_lookup = isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext")
        if not (is_lookup and len(node.args) == 1 and isinstance(node.args[0], nodes.Const)) or node.kwargs:
            return node
        found = self._catalogue.gettext(node.args[0].value) % {}
        return nodes.Const(Markup(found), lineno=node.lineno)  # noqa: S704 - our own texts


def install(app: Flask) -> None:
    """Must run before the template globals."""
    Babel(
        app,
        default_locale=ENGLISH,
        default_translation_directories=str(FOLDER),
        locale_selector=language,
        configure_jinja=False,
    )
    by_language: dict[str, HuntTemplates] = {}
    for code in LANGUAGES:
        made = cast(HuntTemplates, app.jinja_env if code == ENGLISH else app.create_jinja_environment())
        made.add_extension("jinja2.ext.i18n")
        made.policies["ext.i18n.trimmed"] = True
        made.catalogue = _catalogue(code)
        made.install_gettext_translations(made.catalogue, newstyle=True)  # type: ignore[attr-defined]
        made.globals |= {"language": code, "told": told, "number": told_number}
        by_language[code] = made
    app.extensions["templates"] = by_language


def environments(app: Flask) -> dict[str, HuntTemplates]:
    return cast("dict[str, HuntTemplates]", app.extensions["templates"])


def macro(name: str, what: str) -> Callable[..., Markup]:
    return cast("Callable[..., Markup]", getattr(environments(current_app)[language()].globals[name], what))


def template(name: str) -> Template:
    return environments(current_app)[language()].get_template(name)


@cache
def _catalogue(code: str) -> NullTranslations:
    return NullTranslations() if code == ENGLISH else Translations.load(str(FOLDER), [code])
