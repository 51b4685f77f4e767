"""Airtable's cells in the form of a content file, by the base's schema. Pure.

Rich text: each line break counts; durations are seconds; links to people are ids. Converted on reading, so exports and
recompiled versions agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.content.sources.tables import Record

RICH_TEXT, DURATION, LINKS = "richText", "duration", "multipleRecordLinks"
# Of our fields with a number in it, the one that is a time; and the one that names people.
MINUTES, PEOPLE = "AvailableAfter", "Authors"

_FENCE = re.compile(r"\s*(?:```|~~~)")

Tables = Mapping[str, tuple[Record, ...]]
# From the id of a linked table to the names of its records, by record id.
NamesOf = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class FieldType:
    """``links_to``: id of the linked table."""

    kind: str
    links_to: str = ""


def as_written(
    tables: Tables, types: Mapping[tuple[str, str], FieldType], names_of: NamesOf
) -> dict[str, tuple[Record, ...]]:
    people = types.get(("Puzzles", PEOPLE))
    names = names_of(people.links_to) if people and people.kind == LINKS and people.links_to else {}

    def cell(table: str, name: str, value: Any) -> Any:
        kind = types[table, name].kind if (table, name) in types else ""
        if kind == RICH_TEXT and isinstance(value, str):
            return with_breaks(value)
        if kind == DURATION and name == MINUTES and isinstance(value, int | float) and not isinstance(value, bool):
            return round(value / 60)
        if kind == LINKS and name == PEOPLE and isinstance(value, list):
            return [names.get(one, one) if isinstance(one, str) else one for one in value]
        return value

    return {
        table: tuple(
            replace(row, fields={name: cell(table, name, value) for name, value in row.fields.items()}) for row in rows
        )
        for table, rows in tables.items()
    }


def with_breaks(text: str) -> str:
    """Markdown in which each line break counts, outside fenced code."""
    lines: Sequence[str] = text.split("\n")
    made, is_code = [], False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        is_code ^= _FENCE.match(line) is not None
        ends_here = is_code or not line.strip() or not following.strip() or line.endswith(("  ", "\\"))
        made.append(line if ends_here else f"{line}  ")
    return "\n".join(made)
