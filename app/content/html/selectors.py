"""Selectors of authors' style sheets, confined to their box.

``p`` becomes ``.puzzle-sheet p``; ``html``, ``body`` and ``:root`` mean the box, or stay in front with a class or
attribute (a theme).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tinycss2

from app.content.html.selector_names import EVERYWHERE, NameUnknown, Reach, check_elements, rewritten

_COMBINATORS = frozenset({">", "+", "~"})
_DOWNWARD = frozenset({"", " ", ">"})
_PARTS = frozenset({"ident", "hash", "literal", "[] block", "function", "whitespace", "comment"})

Step = tuple[str, list[Any]]  # the combinator in front, and the compound selector after it


class SelectorRefused(Exception):
    """The selector is not understood, or leaves its box; the message says which."""


def scoped_selectors(prelude: list[Any], scope: str, reach: Reach = EVERYWHERE, *, has_title: bool = True) -> str:
    """Put each selector of a rule behind ``scope``, unless it is empty. Raises :class:`SelectorRefused`."""
    return ", ".join(_scoped(one, scope, reach, has_title) for one in _split_at_commas(prelude))


def _split_at_commas(tokens: list[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _scoped(tokens: list[Any], scope: str, reach: Reach, has_title: bool) -> str:
    _refuse_unknown(tokens)
    steps = list(_steps(tokens))
    text = str(tinycss2.serialize(tokens)).strip()
    if not steps or steps[0][0].strip() or not all(compound for _, compound in steps):
        raise SelectorRefused(f"the selector “{text[:60]}” is not complete")
    if not scope:
        return text
    themes, inner = _split_at_root(steps, scope)
    inner = [(combinator, _named(compound, reach, has_title)) for combinator, compound in inner]
    if inner and inner[0][0] not in _DOWNWARD:
        raise SelectorRefused(f"the selector “{text[:60]}” reaches outside of its box")
    return " ".join([*themes, scope, *_written(inner)])


def _named(compound: list[Any], reach: Reach, has_title: bool) -> list[Any]:
    try:
        check_elements(compound, has_title=has_title)
        return rewritten(compound, reach)
    except NameUnknown as reason:
        raise SelectorRefused(str(reason)) from None


def _refuse_unknown(tokens: list[Any]) -> None:
    for token in tokens:
        if token.type not in _PARTS or (token.type == "literal" and token.value in ("&", "|", ";")):
            raise SelectorRefused("its selector is not understood")
        if token.type == "function":
            _refuse_unknown_arguments(token.arguments)


def _refuse_unknown_arguments(tokens: list[Any]) -> None:
    """Arguments may hold numbers, as in :nth-child(2n+1)."""
    for token in tokens:
        if token.type in ("url", "error", "{} block") or (token.type == "literal" and token.value == "&"):
            raise SelectorRefused("its selector is not understood")
        if token.type == "function":
            _refuse_unknown_arguments(token.arguments)


def _steps(tokens: list[Any]) -> Iterator[Step]:
    combinator, compound = "", []  # type: str, list[Any]
    for token in tokens:
        if token.type in ("whitespace", "comment"):
            found = " "
        elif token.type == "literal" and token.value in _COMBINATORS:
            found = token.value
        else:
            compound.append(token)
            continue
        if compound:
            yield combinator, compound
            combinator, compound = "", []
        combinator = _stronger(combinator, found)
    if compound:
        yield combinator, compound
    elif combinator.strip():
        yield combinator, []


def _stronger(one: str, other: str) -> str:
    if one.strip() and other.strip():
        raise SelectorRefused("two combinators follow each other")
    return other if other.strip() else one or other


def _split_at_root(steps: list[Step], scope: str) -> tuple[list[str], list[Step]]:
    """Split into what precedes the box (themes) and what is inside."""
    themes: list[str] = []
    for place, (combinator, compound) in enumerate(steps):
        if combinator not in _DOWNWARD or not _is_root(compound, scope):
            return themes, steps[place:]
        if len(compound) > _root_length(compound, scope):
            themes.append(str(tinycss2.serialize(compound)))
    return themes, []


def _is_root(compound: list[Any], scope: str) -> bool:
    return _root_length(compound, scope) > 0


def _root_length(compound: list[Any], scope: str) -> int:
    """How many tokens name the root or the box itself."""
    first = compound[0]
    if first.type == "ident" and first.lower_value in ("html", "body"):
        return 1
    pair = str(tinycss2.serialize(compound[:2])).lower()
    return 2 if pair in (":root", scope) and len(compound) >= 2 else 0


def _written(steps: list[Step]) -> Iterator[str]:
    for combinator, compound in steps:
        if combinator.strip():
            yield combinator
        yield str(tinycss2.serialize(compound))
