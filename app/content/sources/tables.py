"""The raw form of a hunt: tables of records as Airtable's interface returns them, and the pictures that came along.

The common ground of every source (:mod:`file`, :mod:`airtable`) and of :mod:`parse`; nothing is judged here beyond
the shape. Also written back to a file for an export, since a version keeps the records it was made from.
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
    """One row: its record id and whatever its cells hold. ``broken`` are the fields that lost what no text holds."""

    id: str
    fields: Mapping[str, Any]
    created: str = ""
    broken: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """Everything a content version is made from.

    ``origin`` says for people where it came from. ``view`` is the Airtable view that the puzzles were read through, or
    None: records outside of it are unknown here without being gone. An optional table that is absent has no key.
    ``warnings``: what stood around the records and was not read.
    """

    tables: Mapping[str, tuple[Record, ...]]
    assets: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    view: str | None = None
    warnings: tuple[Fault, ...] = ()

    def records(self, table: str) -> tuple[Record, ...]:
        """The rows of a table, none for an absent one."""
        return self.tables.get(table, ())


class SourceUnreadable(Exception):
    """A source could not be read at all. Each of ``reasons`` is a sentence for staff; nothing was changed."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def record_faults(table: str, rows: Any) -> Iterable[str]:
    """What is wrong with the shape of a table's rows, as sentences; nothing for a well-formed table."""
    if not isinstance(rows, list):
        yield f"Table {table} must be a list of records."
        return
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        record_id = row.get("id") if isinstance(row, dict) else None
        if not isinstance(record_id, str) or not record_id:
            yield f"Table {table}, record {number}: every record is an object with a text “id”."
        elif not isinstance(row.get("fields", {}), dict):
            yield f"Table {table}, record {record_id[:64]}: “fields” must be an object, field name to value."
        elif record_id in seen:
            yield f"Table {table} holds the record id {record_id[:64]} twice; every id may occur once."
        else:
            seen.add(record_id)


def to_records(rows: Iterable[Mapping[str, Any]]) -> tuple[Record, ...]:
    """Rows of a well-formed table as records, without NUL and halves of surrogate pairs: no database takes them."""
    return tuple(map(_record, rows))


def _record(row: Mapping[str, Any]) -> Record:
    given, created = row.get("fields", {}), storable(str(row.get("createdTime", "")))
    broken = [name for name, value in given.items() if not (is_storable(name) and _is_storable(value))]
    fields = {storable(name): _storable(given[name]) if name in broken else given[name] for name in given}
    return Record(storable(row["id"]), fields, created, tuple(map(storable, broken)))


def _is_storable(value: Any) -> bool:
    """Whether every text in a value of JSON is; a loop, since a cell may be nested as deeply as it likes."""
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
