"""Cells of any source in one form, as the site's own forms write them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.content.fields import TableField
from app.content.parse.row import CellFaulty, as_ids, as_moment, as_text, as_tick, as_words

EMPTY: tuple[Any, ...] = (None, "", [], False)


def _code_list(value: Any) -> Any:
    return list(as_words(value))


def _word_list(value: Any) -> Any:
    return ", ".join(as_words(value))


def _id_list(value: Any) -> Any:
    return list(as_ids(value))


def _moment_text(value: Any) -> Any:
    found = as_moment(value)
    return "" if found is None else found.isoformat().replace("+00:00", "Z")


def _as_is(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else as_text(value)


READINGS: dict[str, Callable[[Any], Any]] = {
    "tick": as_tick, "codes": _code_list, "words": _word_list, "files": _as_is, "one": _id_list, "many": _id_list,
    "order": _number, "count": _number, "moment": _moment_text,
}  # fmt: skip


def normal_value(field: TableField, value: Any) -> Any:
    """What cannot be understood stays as it is, and shows its fault."""
    reading: Callable[[Any], Any] = READINGS.get(field.kind, as_text)
    try:
        return reading(value)
    except (CellFaulty, RecursionError):
        return value


def same(field: TableField, one: Any, other: Any) -> bool:
    """Whether two cells say the same; empty ones are absent."""
    one, other = (normal_value(field, value) for value in (one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
    return (one in EMPTY and other in EMPTY) or bool(one == other)
