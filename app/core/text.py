"""Translatable sentences, and the site's languages.

Arguments of ``sentence`` and ``counted`` must be literals, for extraction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

# Language code to its native name, in menu order. The hunt's content is not translated.
from app.core.language_names import LANGUAGES as LANGUAGES

# Placeholders whose numbers name a thing instead of counting: line 1194, port 8443, version 1000.
IDENTIFIERS = frozenset({"id", "line", "number", "order", "page", "place", "port", "version", "year"})
ENGLISH = "en"


class Catalogue(Protocol):
    """One language (gettext)."""

    def gettext(self, message: str) -> str: ...

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str: ...


class Text(str):
    """Keeps pattern and values; equals its English ``str``."""

    __slots__ = ("number", "pattern", "plural", "values")

    pattern: str
    plural: str
    number: int
    values: Mapping[str, object]

    def __str__(self) -> str:
        # Keeps ``str(error)`` a Text if the error carries one.
        return self

    def told(self, catalogue: Catalogue, written: Callable[[int | datetime], str]) -> str:
        """``written`` formats numbers and times."""
        if self.plural:
            pattern = catalogue.ngettext(self.pattern, self.plural, self.number)
        else:
            pattern = catalogue.gettext(self.pattern)
        return pattern % {
            name: value.told(catalogue, written) if isinstance(value, Text) else _written(name, value, written)
            for name, value in self.values.items()
        }


def _written(name: str, value: object, written: Callable[[int | datetime], str]) -> object:
    if isinstance(value, int) and name in IDENTIFIERS:
        return str(value)
    return written(value) if isinstance(value, int | datetime) else value


def in_english(value: int | datetime) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value.day} {value:%B %Y, %H:%M}"


def sentence(pattern: str, /, **values: object) -> Text:
    """``%(name)s`` placeholders; a percent sign is doubled."""
    return _made(pattern, "", 0, values)


def counted(singular: str, plural: str, count: int, /, **values: object) -> Text:
    """Plural; ``%(count)s`` is the number."""
    return _made(singular, plural, count, {"count": count, **values})


def _made(pattern: str, plural: str, count: int, values: Mapping[str, object]) -> Text:
    english = plural if plural and count != 1 else pattern
    made = Text(english % {name: _written(name, value, in_english) for name, value in values.items()})
    made.pattern, made.plural, made.number, made.values = pattern, plural, count, values
    return made


def check_language(code: str) -> str | None:
    """Return the problem, or None. Empty means the browser's language."""
    return None if code in ("", *LANGUAGES) else sentence("Choose one of the languages that are offered.")
