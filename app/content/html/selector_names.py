"""Names in selectors, rewritten like those of the texts that the sheet reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import tinycss2

from app.content.html.allowed import ID_LISTS, RENAMED

# Attributes that hold one id or several, and those that hold a link to one.
_IDS = frozenset({"id", "name", "for"}) | ID_LISTS
_LINKS = frozenset({"href", "usemap"})
_EXACT = {"=": "$=", "~=": "*=", "^=": "*=", "|=": "*="}
_SIDES = {"align": ("align", "block"), "valign": ("valign",)}


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
    """Classes in ``.name`` and ``[class~=name]``."""
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
    """Name, operator and value of an attribute selector."""
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
