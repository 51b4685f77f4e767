"""Raw records in Airtable's form, with pictures: what all sources return, and what a version stores. Only the shape
is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.content.faults import Fault
from app.core.clean_text import is_storable, storable

REQUIRED_TABLES = ("Levels", "Puzzles", "Hints")
OPTIONAL_TABLES = ("Story", "Divisions", "Pages")
TABLES = REQUIRED_TABLES + OPTIONAL_TABLES

MAX_RECORDS = 20_000  # in all tables together; the largest hunts have a few hundred puzzles and some thousand hints
MAX_BYTES = 64 * 1024 * 1024  # of one source, pictures included


@dataclass(frozen=True, slots=True)
class Record:
    """``broken``: fields that lost characters which no database stores."""

    id: str
    fields: Mapping[str, Any]
    created: str = ""
    broken: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """``origin`` is for people. ``view``: the Airtable view of the puzzles; records outside it are unknown, not gone.
    An absent optional table has no key. ``warnings``: what was not read. ``takes_patches``: it is written elsewhere.
    """

    tables: Mapping[str, tuple[Record, ...]]
    assets: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    view: str | None = None
    warnings: tuple[Fault, ...] = ()
    takes_patches: bool = True

    def records(self, table: str) -> tuple[Record, ...]:
        return self.tables.get(table, ())


class SourceUnreadable(Exception):
    """A source could not be read. ``reasons`` are sentences for staff."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def record_faults(table: str, rows: Any) -> Iterable[str]:
    if not isinstance(rows, list):
        yield f"Table {table} must be a list of records."
        return
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        record_id = row.get("id") if isinstance(row, dict) else None
        if not isinstance(record_id, str) or not record_id:
            yield f"Table {table}, record {number}: every record is an object with a text “id”."
        elif not is_storable(record_id):
            yield f"Table {table}, record {number}: its id holds half a character or a NUL. Type it again."
        elif not isinstance(row.get("fields", {}), dict):
            yield f"Table {table}, record {record_id[:64]}: “fields” must be an object, field name to value."
        elif record_id in seen:
            yield f"Table {table} holds the record id {record_id[:64]} twice; every id may occur once."
        else:
            seen.add(record_id)


def to_records(rows: Iterable[Mapping[str, Any]]) -> tuple[Record, ...]:
    """Without NUL and lone surrogates, which no database stores."""
    return tuple(map(_record, rows))


def _record(row: Mapping[str, Any]) -> Record:
    given, created = row.get("fields", {}), storable(str(row.get("createdTime", "")))
    broken = [name for name, value in given.items() if not (is_storable(name) and _is_storable(value))]
    fields = {storable(name): _storable(given[name]) if name in broken else given[name] for name in given}
    return Record(storable(row["id"]), fields, created, tuple(map(storable, broken)))


def _is_storable(value: Any) -> bool:
    """Whether all texts in a JSON value can be stored. Iterative: nesting may be deep."""
    remaining = [value]
    while remaining:
        one = remaining.pop()
        if isinstance(one, str) and not is_storable(one):
            return False
        if isinstance(one, list):
            remaining += one
        elif isinstance(one, dict):
            remaining += [*one.keys(), *one.values()]
    return True


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {storable(name): _storable(one) for name, one in value.items()}
    return value
