"""The languages of the site's own texts: which there are, which one a visitor reads, and how a text is told in it.

A team chooses its language on its account page; whoever has not chosen reads what the browser asks for, else English.
The catalogues (``app/translations``) and the locale come from Flask-Babel. The templates are compiled once for each
language, with their fixed texts already in it, so that a page costs the same in all of them; texts with values are told
when they are needed. What organisers and writers wrote is never touched.

Whoever has no visitor at hand (a mail, a webhook) names the language: :func:`tell`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel.core import negotiate_locale
from babel.dates import format_datetime
from babel.numbers import format_decimal
from babel.support import NullTranslations
from flask import Flask, current_app, g, has_request_context, request
from flask.templating import Environment
from flask_babel import Babel, force_locale, get_translations
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from app.core.languages import ENGLISH, LANGUAGES
from app.core.text import Text
from app.web.visit import maybe_visit

FOLDER = Path(__file__).parent.parent / "translations"
MOMENTS_KEPT = 8_192
_FALLBACK_ZONE = "UTC"
# As the site writes a moment; English has a form of its own, which scripts and people know it by.
MOMENT = {"de": "EEE d. MMMM y, HH:mm"}


# --- whose language ---------------------------------------------------------------------------------------------------


def language() -> str:
    """The code of the visitor's language; English where nobody asks."""
    if not has_request_context():
        return ENGLISH
    found = g.get("language")
    if found is None:
        seen = maybe_visit()
        chosen = seen.team.language if seen is not None and seen.team is not None else ""
        found = g.language = chosen if chosen in LANGUAGES else asked_for()
    return cast(str, found)


def asked_for() -> str:
    """The language that the browser asks for, of those there are."""
    wanted = [tag for tag, quality in request.accept_languages if quality > 0]
    return negotiate_locale(wanted, LANGUAGES, sep="-") or ENGLISH


# --- telling ----------------------------------------------------------------------------------------------------------


def told(text: str) -> str:
    """The text in the visitor's language; what is not the site's own stays as it is."""
    return tell(language(), text, hunt_zone())


def tell(code: str, text: str, zone: str = _FALLBACK_ZONE) -> str:
    """The text in the language of this code, with its moments in this zone."""
    return _tell(environments(current_app), code, text, zone)


def translator(app: Flask) -> Callable[[str, str], str]:
    """The same for whoever has no request, nor even an application, at hand."""
    known = environments(app)
    return lambda code, text: _tell(known, code, text, _FALLBACK_ZONE)


def _tell(known: Mapping[str, HuntTemplates], code: str, text: str, zone: str) -> str:
    catalogue = known.get(code, known[ENGLISH]).catalogue
    if isinstance(text, Text):
        return text.told(catalogue, lambda found: written(code, found, zone))
    # The empty text is a catalogue's own heading.
    return catalogue.gettext(text) if text and code != ENGLISH else text


def written(code: str, value: int | datetime, zone: str) -> str:
    """A number, or a moment in this zone, as readers of this language write it."""
    return _number(code, value) if isinstance(value, int) else time_in(code, value, zone)


def told_number(count: int) -> str:
    """A whole number as the visitor writes it: “12,345”, “12.345”."""
    return _number(language(), count)


@lru_cache(MOMENTS_KEPT)
def _number(code: str, count: int) -> str:
    return str(count) if -1000 < count < 1000 else format_decimal(count, locale=code)


def hunt_zone() -> str:
    """The name of the hunt's zone."""
    seen = maybe_visit()
    return seen.settings.time_zone if seen else _FALLBACK_ZONE


def time_in(code: str, at: datetime, zone: str) -> str:
    """A moment as readers of this language write it: “Sat 21 November 2026, 18:00”, “Sa. 21. November 2026, 18:00”."""
    local = at.astimezone(_zone(zone))
    if code in MOMENT:
        return format_datetime(local, MOMENT[code], locale=code)
    return f"{local:%a} {local.day} {local:%B %Y, %H:%M}"


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


# --- catalogues and templates -----------------------------------------------------------------------------------------


class HuntTemplates(Environment):
    """The templates in one language: what :class:`_Fixed` can tell is told while they are compiled."""

    catalogue: NullTranslations = NullTranslations()

    def compile(
        self, source: Any, name: str | None = None, filename: str | None = None, *rest: Any, **more: Any
    ) -> Any:
        """The template's code, its fixed texts in this language."""
        if isinstance(source, str):
            source = _Fixed(self.catalogue).visit(self.parse(source, name, filename))
        return super().compile(source, name, filename, *rest, **more)


class _Fixed(NodeTransformer):
    """Puts a fixed text, ``_("…")`` or ``{% trans %}`` without values, in place of the call that would look it up."""

    def __init__(self, catalogue: NullTranslations) -> None:
        self._catalogue = catalogue

    def visit_Call(self, node: nodes.Call, *rest: Any) -> nodes.Node:  # noqa: N802 - Jinja's own way of naming
        """Look the text up now, if it is one."""
        self.generic_visit(node, *rest)
        is_lookup = isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext")
        if not (is_lookup and len(node.args) == 1 and isinstance(node.args[0], nodes.Const)) or node.kwargs:
            return node
        found = self._catalogue.gettext(node.args[0].value) % {}
        return nodes.Const(Markup(found), lineno=node.lineno)  # noqa: S704 - our own texts


def install(app: Flask) -> None:
    """Set up Flask-Babel, and one set of templates for each language. Before anything is taught to the templates."""
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
        made.catalogue = _catalogue(app, code)
        made.install_gettext_translations(made.catalogue, newstyle=True)  # type: ignore[attr-defined]
        made.globals |= {"language": code, "told": told, "number": told_number}
        by_language[code] = made
    app.extensions["templates"] = by_language


def environments(app: Flask) -> dict[str, HuntTemplates]:
    """The templates by language."""
    return cast("dict[str, HuntTemplates]", app.extensions["templates"])


def macro(name: str, what: str) -> Callable[..., Markup]:
    """The macro ``what`` of the macros called ``name``, in the visitor's language."""
    return cast("Callable[..., Markup]", getattr(environments(current_app)[language()].globals[name], what))


def template(name: str) -> Template:
    """A template in the visitor's language."""
    return environments(current_app)[language()].get_template(name)


def _catalogue(app: Flask, code: str) -> NullTranslations:
    if code == ENGLISH:
        return NullTranslations()
    with app.test_request_context(), force_locale(code):
        return cast(NullTranslations, get_translations())
