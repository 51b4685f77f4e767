"""Sentences for people: in English wherever they are made, and able to be told in another language later.

A rule or a service that has something to say does not know who will read it. It makes a :class:`Text`: a plain English
``str`` for everything that compares, stores or logs it, which also keeps its pattern and what was put in. Whoever knows
the reader (:mod:`app.web.languages`, a courier of mail) tells it anew from the catalogue of that language.

``sentence`` and ``counted`` are also the marks by which the patterns are found for translation, so they want literals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol


class Catalogue(Protocol):
    """The texts of one language, as gettext keeps them."""

    def gettext(self, message: str) -> str:
        """The text for this English one, or the same where it is unknown."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The text for so many, from its English singular and plural."""


class Text(str):
    """An English sentence that remembers how it was made. Equal to, and used as, the plain ``str``."""

    __slots__ = ("number", "pattern", "plural", "values")

    pattern: str
    plural: str
    number: int
    values: Mapping[str, object]

    def __str__(self) -> str:
        # So that ``str(error)`` of an error that carries a sentence is still that sentence.
        return self

    def told(self, catalogue: Catalogue, written: Callable[[int | datetime], str]) -> str:
        """The sentence from the catalogue of a language; ``written`` writes numbers and times as its readers do."""
        if self.plural:
            pattern = catalogue.ngettext(self.pattern, self.plural, self.number)
        else:
            pattern = catalogue.gettext(self.pattern)
        return pattern % {
            name: value.told(catalogue, written) if isinstance(value, Text) else _written(value, written)
            for name, value in self.values.items()
        }


def _written(value: object, written: Callable[[int | datetime], str]) -> object:
    return written(value) if isinstance(value, int | datetime) else value


def in_english(value: int | datetime) -> str:
    """A number or a time as an English sentence has it: “2,000”, “21 November 2026, 18:00”."""
    return f"{value:,}" if isinstance(value, int) else f"{value.day} {value:%B %Y, %H:%M}"


def sentence(pattern: str, /, **values: object) -> Text:
    """A sentence with values at its ``%(name)s``. A percent sign of its own is written twice."""
    return _made(pattern, "", 0, values)


def counted(singular: str, plural: str, count: int, /, **values: object) -> Text:
    """A sentence about so many; ``%(count)s`` is their number."""
    return _made(singular, plural, count, {"count": count, **values})


def _made(pattern: str, plural: str, count: int, values: Mapping[str, object]) -> Text:
    english = plural if plural and count != 1 else pattern
    made = Text(english % {name: _written(value, in_english) for name, value in values.items()})
    made.pattern, made.plural, made.number, made.values = pattern, plural, count, values
    return made
