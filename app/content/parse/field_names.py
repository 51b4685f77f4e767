"""Misspelt field names: understood if clear, else warned of.

Pure; each mistake is reported once a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from app.content.faults import Fault
from app.content.fields import known_names
from app.content.sources.tables import TABLES, Record, Source
from app.core.clean_text import clean_text, one_line
from app.core.spelling import read_names, suggestion

KNOWN_FIELDS: dict[str, tuple[str, ...]] = {table: known_names(table) for table in TABLES}
# What names a record in messages.
NAMING = ("Title", "Name", "Code", "Slug")
Records = Mapping[str, tuple[Record, ...]]


def with_known_names(source: Source, warn: Callable[[Fault], None]) -> dict[str, tuple[Record, ...]]:
    """Rename fields to known names; warn of what is not read."""
    made: dict[str, tuple[Record, ...]] = {}
    aliases: dict[tuple[str, str], tuple[str, list[Record]]] = {}
    unread: dict[tuple[str, str], list[tuple[Record, Any]]] = {}
    for table in TABLES:
        records = []
        for record in source.records(table):
            names = read_names(record.fields, KNOWN_FIELDS[table])
            # Unread fields stay, or their row would seem empty.
            records.append(replace(record, fields=names.values | names.unread))
            for typed, known in names.aliases.items():
                aliases.setdefault((table, typed), (known, []))[1].append(records[-1])
            for typed, value in names.unread.items():
                unread.setdefault((table, typed), []).append((records[-1], value))
        made[table] = tuple(records)
    for (table, typed), (known, found) in aliases.items():
        warn(_told(table, typed, f"“{typed}” is read as {known}. Write it exactly so.", found))
    mirrors = _Mirrors(made, source.view is not None)
    for (table, typed), cells in unread.items():
        found = [record for record, value in cells if not mirrors.is_mirror(record, value)]
        if found:
            hint = suggestion(typed, KNOWN_FIELDS[table])
            warn(_told(table, typed, f"“{typed}” is no field of {table} and is not read.{hint}", found))
    return made


def _told(table: str, typed: str, message: str, records: list[Record]) -> Fault:
    first = records[0]
    more = f" (In {len(records)} records.)" if len(records) > 1 else ""
    name = next((one for key in NAMING if isinstance(one := first.fields.get(key), str) and one.strip()), "")
    field = one_line(clean_text(typed))[:100]
    return Fault(table, clean_text(first.id)[:64], one_line(clean_text(name))[:80], field, message[:600] + more)


class _Mirrors:
    """Reverse links that Airtable adds to the linked table, under any name."""

    def __init__(self, records: Records, has_view: bool) -> None:
        self._has_view, self._records = has_view, records

    @cached_property
    def _links(self) -> dict[str, set[str]]:
        return {
            record.id: {one for name in KNOWN_FIELDS[table] for one in _ids(record.fields.get(name))}
            for table, found in self._records.items()
            for record in found
        }

    def is_mirror(self, record: Record, value: Any) -> bool:
        """Whether each record named here links back by a field that is read. A view may hide some."""
        named = list(_ids(value))
        if not named or not isinstance(value, list) or len(named) != len(value):
            return False
        return all(record.id in self._links[one] if one in self._links else self._has_view for one in named)


def _ids(value: Any) -> Iterable[str]:
    return (one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
