"""Text: sentences that can be translated later, and the site's languages.

``sentence`` and ``counted`` mark patterns for extraction, so their arguments must be literals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

# Placeholders whose numbers name a thing instead of counting: line 1194, port 8443, version 1000.
IDENTIFIERS = frozenset({"id", "line", "number", "order", "page", "place", "port", "version", "year"})
ENGLISH = "en"
# Language code to its native name, in menu order. The hunt's content is not translated.
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}


class Catalogue(Protocol):
    """The translations of one language (gettext)."""

    def gettext(self, message: str) -> str:
        """The translation, or ``message``."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The translation for ``n``."""


class Text(str):
    """Keeps its pattern and values; equal to the plain ``str``."""

    __slots__ = ("number", "pattern", "plural", "values")

    pattern: str
    plural: str
    number: int
    values: Mapping[str, object]

    def __str__(self) -> str:
        # Keeps ``str(error)`` a Text if the error carries one.
        return self

    def told(self, catalogue: Catalogue, written: Callable[[int | datetime], str]) -> str:
        """Translate; ``written`` formats numbers and times for the locale."""
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
    """Format a number or time in English: “2,000”, “21 November 2026, 18:00”."""
    return f"{value:,}" if isinstance(value, int) else f"{value.day} {value:%B %Y, %H:%M}"


def sentence(pattern: str, /, **values: object) -> Text:
    """A sentence with ``%(name)s`` placeholders. Write a literal percent sign twice."""
    return _made(pattern, "", 0, values)


def counted(singular: str, plural: str, count: int, /, **values: object) -> Text:
    """A sentence with a plural; ``%(count)s`` is the number."""
    return _made(singular, plural, count, {"count": count, **values})


def _made(pattern: str, plural: str, count: int, values: Mapping[str, object]) -> Text:
    english = plural if plural and count != 1 else pattern
    made = Text(english % {name: _written(name, value, in_english) for name, value in values.items()})
    made.pattern, made.plural, made.number, made.values = pattern, plural, count, values
    return made


def check_language(code: str) -> str | None:
    """The problem with a team's choice, or None. Empty means the browser's language."""
    return None if code in ("", *LANGUAGES) else sentence("Choose one of the languages that are offered.")
