"""Selectors of authors' style sheets, confined to their box.

``p`` becomes ``.puzzle-sheet p``; ``html``, ``body`` and ``:root`` mean the box, or stay in front with a class or
attribute (a theme).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import tinycss2

from app.content.html.allowed import ID_LISTS, RENAMED, TAGS

# Attributes that hold one id or several, and those that hold a link to one.
_IDS = frozenset({"id", "name", "for"}) | ID_LISTS
_LINKS = frozenset({"href", "usemap"})
_EXACT = {"=": "$=", "~=": "*=", "^=": "*=", "|=": "*="}
_SIDES = {"align": ("align", "block"), "valign": ("valign",)}
_ROOTS = frozenset({"html", "body"})
# Functions whose arguments are selectors of the element itself, and all that hold selectors of elements in the text.
_SAME_ELEMENT = frozenset({"is", "where", "matches", "any", "-webkit-any", "-moz-any"})
_REACHING = _SAME_ELEMENT | {"has"}


@dataclass(frozen=True, slots=True)
class Reach:
    """The texts that a sheet reaches: prefixes of their names; in other records only the ``fields``."""

    prefixes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


# Of a sheet that belongs to no record: names stay as they are.
EVERYWHERE = Reach()


class NameUnknown(Exception):
    """The name is on no page; the message says what to write."""


def classes_named(tokens: Iterable[Any]) -> Iterator[str]:
    before = None
    for token in tokens:
        if token.type == "ident" and before is not None and before.type == "literal" and before.value == ".":
            yield token.value
        elif token.type == "function":
            yield from classes_named(token.arguments)
        elif token.type == "[] block":
            name, _, value = _parts(token)
            yield from value.split() if name == "class" else ()
        before = token


def rewritten(tokens: Iterable[Any], reach: Reach) -> list[Any]:
    """The selector's tokens with the page's names. Raises :class:`NameUnknown`."""
    found: list[Any] = []
    for token in tokens:
        if token.type == "hash" and (reach.prefixes or reach.fields):
            found += _tokens(_any_of(_id_selectors(token.value, reach)))
        elif token.type == "function":
            token.arguments = rewritten(token.arguments, reach)
            found.append(token)
        elif token.type == "[] block":
            found += _attribute(token, reach)
        else:
            found.append(token)
    return found


def check_elements(compound: list[Any], *, has_title: bool) -> None:
    """Refuse elements that no text has. ``has_title``: the box holds the page's h1."""
    name = compound[0].lower_value if compound and compound[0].type == "ident" else ""
    if name in RENAMED:
        tag, own_class = RENAMED[name]
        raise NameUnknown(f"{name} is shown as {tag}{'.' if own_class else ''}{own_class}; write that, or a class")
    if name == "h1" and not has_title:
        raise NameUnknown("the first heading of a text is h2, and the next below it h3; write those")


def elements_of_no_text(prelude: list[Any], *, has_title: bool) -> Iterator[str]:
    """Names that select nothing in the box. With ``has_title`` it holds more than texts."""
    for selector in _split_at_commas(prelude):
        steps = list(_steps(selector))
        first = next((place for place, (_, one) in enumerate(steps) if not _is_root(one, "")), len(steps))
        for _, compound in steps[first:]:
            yield from _strangers(compound, has_title)


def _strangers(compound: list[Any], has_title: bool) -> Iterator[str]:
    name = compound[0].lower_value if compound[0].type == "ident" else ""
    if name and (name in _ROOTS if has_title else name not in TAGS | set(RENAMED) | {"h1"}):
        yield name
    for before, token in pairwise([None, *compound]):
        if (
            token.type == "ident"
            and token.lower_value == "root"
            and before is not None
            and before.type == "literal"
            and before.value == ":"
        ):
            yield ":root"
        if token.type == "function" and token.lower_name in _REACHING:
            for argument in _split_at_commas(token.arguments):
                yield from _strangers_inside(argument, has_title)


def _strangers_inside(argument: list[Any], has_title: bool) -> Iterator[str]:
    last = next(reversed(list(_steps(argument))), ("", []))[1]
    if (
        last
        and last[0].type == "ident"
        and (last[0].lower_value in RENAMED or (last[0].lower_value == "h1" and not has_title))
    ):
        yield str(last[0].lower_value)
    yield from _strangers(last, has_title) if last else ()


def _id_selectors(value: str, reach: Reach) -> list[str]:
    exact = [f"#{tinycss2.serialize_identifier(prefix + value)}" for prefix in reach.prefixes]
    return exact + [f"[id$={_string(f'-{field}-{value}')}]" for field in reach.fields]


def _attribute(token: Any, reach: Reach) -> list[Any]:
    name, operator, value = _parts(token)
    if name in _SIDES and operator == "=":
        return _tokens(_any_of(f".{kind}-{value.strip().lower()}" for kind in _SIDES[name] if value.strip().isalpha()))
    if name == "class" and operator not in ("", "=", "~="):
        raise NameUnknown("[class…] with a part of a name is not possible; write each class as .name")
    is_link = name in _LINKS and value.startswith("#") and len(value) > 1
    if not (is_link or name in _IDS) or operator not in _EXACT or not value or reach == EVERYWHERE:
        return [token]
    value = value.removeprefix("#") if is_link else value
    sign = "#" if is_link else ""
    names = ("name", "id") if name == "name" else (name,)
    made = [f"[{one}{operator}{_string(sign + prefix + value)}]" for one in names for prefix in reach.prefixes]
    made += [f"[{one}{_EXACT[operator]}{_string(f'-{field}-{value}')}]" for one in names for field in reach.fields]
    return _tokens(_any_of(made))


def _parts(block: Any) -> tuple[str, str, str]:
    parts = [one for one in block.content if one.type not in ("whitespace", "comment")]
    name = parts[0].lower_value if parts and parts[0].type == "ident" else ""
    operator = "".join(one.value for one in parts[1:] if one.type == "literal")
    value = next((one.value for one in parts[1:] if one.type in ("string", "ident")), "")
    return name, operator, value


def _any_of(selectors: Iterable[str]) -> str:
    several = list(selectors)
    return several[0] if len(several) == 1 else f":is({', '.join(several)})"


def _string(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\A ")
    return f'"{escaped}"'


def _tokens(selector: str) -> list[Any]:
    return list(tinycss2.parse_component_value_list(selector))


_COMBINATORS = frozenset({">", "+", "~"})
_DOWNWARD = frozenset({"", " ", ">"})
_PARTS = frozenset({"ident", "hash", "literal", "[] block", "function", "whitespace", "comment"})
_SIGNS = _COMBINATORS | {".", ":", "*", ","}

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
        if token.type not in _PARTS or (token.type == "literal" and token.value not in _SIGNS):
            raise SelectorRefused("its selector is not understood")
        if token.type == "function":
            _refuse_unknown_arguments(token.arguments)


def _refuse_unknown_arguments(tokens: list[Any]) -> None:
    """Arguments may hold numbers, as in :nth-child(2n+1)."""
    for token in tokens:
        if token.type in ("url", "error", "{} block") or (
            token.type == "literal" and token.value not in _SIGNS | {"-", "|"}
        ):
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
        if not _is_bare_root(compound, scope):
            themes.append(str(tinycss2.serialize(compound)))
    return themes, []


def _is_root(compound: list[Any], scope: str) -> bool:
    return _root_length(compound, scope) > 0


def _is_bare_root(compound: list[Any], scope: str) -> bool:
    length = _root_length(compound, scope)
    function = compound[1] if length == 2 and compound[1].type == "function" else None
    return len(compound) == length and (function is None or all(_bare_roots(function, scope)))


def _bare_roots(function: Any, scope: str) -> Iterator[bool]:
    for argument in _split_at_commas(function.arguments):
        yield all(_is_bare_root(compound, scope) for _, compound in _steps(argument))


def _root_length(compound: list[Any], scope: str) -> int:
    first = compound[0]
    if first.type == "ident" and first.lower_value in _ROOTS:
        return 1
    if len(compound) < 2:
        return 0
    if compound[1].type == "function" and first.type == "literal" and first.value == ":":
        return 2 if _means_root(compound[1], scope) else 0
    return 2 if str(tinycss2.serialize(compound[:2])).lower() in (":root", scope) else 0


def _means_root(function: Any, scope: str) -> bool:
    if function.lower_name not in _SAME_ELEMENT:
        return False
    chains = [list(_steps(one)) for one in _split_at_commas(function.arguments)]
    return all(chain and all(one and _is_root(one, scope) for _, one in chain) for chain in chains)


def _written(steps: list[Step]) -> Iterator[str]:
    for combinator, compound in steps:
        if combinator.strip():
            yield combinator
        yield str(tinycss2.serialize(compound))
