"""Records of the site's own tables, stored as typed, with faults. They come into play by a restock only."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.clock import Clock
from app.content.fields import BACK_LINKS, FIELDS, LINKS, LONG, field_of
from app.content.sources.tables import MAX_RECORDS
from app.content.writing import queries
from app.content.writing.queries import StoredRecord
from app.core.clean_text import one_line
from app.core.text import sentence
from app.database import audit
from app.database.engine import Database, Transaction
from app.errors import HuntError, NotFound

# What an outline calls the beginning of the long text of a record that has no title.
EXCERPT = "~"
LONGEST_SHORT = 500
NAMING = ("Title", "Name", "Code", "Slug")
_NOT_IN_OUTLINE = LONG | {"near", "near_answer", "files"}
_LETTERS = string.ascii_letters + string.digits


class RecordUnknown(NotFound):
    message = sentence("There is no such record. Somebody may have deleted it.")


class RecordChanged(HuntError):
    """Another editor changed (``stored``) or deleted (None) it. Nothing was written."""

    code = "conflict"
    message = sentence("Somebody else changed this since you opened it.")

    def __init__(self, stored: StoredRecord | None) -> None:
        super().__init__()
        self.stored = stored


class TablesFull(HuntError):
    code = "invalid_form"
    message = sentence("There are too many records already.")


@dataclass(frozen=True, slots=True)
class Dependents:
    """``removed``: deleted along; the rest only loses a link: records and field."""

    removed: tuple[StoredRecord, ...]
    unlinked: tuple[tuple[StoredRecord, str], ...]

    @property
    def digest(self) -> str:
        """Identifies what was agreed to."""
        named = [[one.table, one.id] for one in self.removed]
        named += [[one.table, one.id, field] for one, field in self.unlinked]
        return hashlib.sha256(json.dumps(sorted(named)).encode()).hexdigest()[:16]


FRESH_ID = re.compile(r"rec[A-Za-z0-9]{14}", re.ASCII)


def fresh_id() -> str:
    return "rec" + "".join(secrets.choice(_LETTERS) for _ in range(14))


def row_of(table: str, record_id: str, fields: Mapping[str, Any], now: datetime, by: str) -> dict[str, Any]:
    written = {"fields": dict(fields), "outline": outline_of(table, fields), "changed_at": now, "changed_by": by[:64]}
    return {"table_name": table, "id": record_id, **written}


def outline_of(table: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The short fields, plus the beginning of the text if nothing else names the record."""
    found: dict[str, Any] = {}
    for one in FIELDS[table]:
        value = fields.get(one.name)
        if value is not None and one.kind not in _NOT_IN_OUTLINE:
            found[one.name] = value[:LONGEST_SHORT] if isinstance(value, str) else value
    if not any(name in found for name in NAMING):
        long = next((str(fields[one.name]) for one in FIELDS[table] if one.kind in LONG and one.name in fields), "")
        found[EXCERPT] = one_line(long[:LONGEST_SHORT])[:80]
    return found


def find_record(database: Database, table: str, record_id: str) -> StoredRecord:
    stored = queries.find(database, table, record_id)
    if stored is None:
        raise RecordUnknown
    return stored


def save(
    database: Database, clock: Clock, table: str, record_id: str, revision: int, fields: Mapping[str, Any], by: str,
    address: str,
) -> int:  # fmt: skip
    """Returns the new revision. Revision 0 adds a record, or restores a deleted one.

    Raises :class:`RecordChanged`.
    """
    now = clock.now()
    with database.writing() as connection:
        queries.lock_tables(connection)
        stored = queries.found(connection, table, record_id)
        if (stored.revision if stored else 0) != revision:
            raise RecordChanged(stored)
        if stored is not None and dict(stored.fields) == dict(fields):
            return revision
        row = row_of(table, record_id, fields, now, by)
        if stored is None:
            _expect_room(connection)
            queries.add(connection, [row])
        elif not queries.change(connection, table, record_id, revision, **_columns(row)):
            raise RecordChanged(queries.found(connection, table, record_id))
        audit.audit(connection, now, by, "write record", f"{table} {record_id}", address)
    return revision + 1


def duplicate(database: Database, clock: Clock, table: str, record_id: str, by: str, address: str) -> str:
    """Copy a record, a puzzle with hints and story; returns its id. Raises :class:`RecordUnknown`.

    Unique fields (slug, code) are left empty.
    """
    with database.writing() as connection:
        queries.lock_tables(connection)
        _expect_room(connection)
        stored = queries.found(connection, table, record_id)
        if stored is None:
            raise RecordUnknown
        copied = fresh_id()
        rows = [(table, copied, _as_copy(stored))]
        for child in _children(queries.outlines(connection), table, record_id) if table == "Puzzles" else ():
            whole = queries.found(connection, child.table, child.id)
            if whole is not None:
                rows.append((child.table, fresh_id(), dict(whole.fields) | {"Puzzle": [copied]}))
        _add(connection, clock.now(), rows, by)
        audit.audit(connection, clock.now(), by, "write record", f"{table} {copied}", address, copy_of=record_id)
    return copied


def dependents_of(outlines: Iterable[StoredRecord], table: str, record_id: str) -> Dependents:
    outlines = list(outlines)
    removed: dict[tuple[str, str], StoredRecord] = {}
    waiting = [(table, record_id)]
    while waiting:
        for child in _children(outlines, *waiting.pop()):
            if (child.table, child.id) not in removed and (child.table, child.id) != (table, record_id):
                removed[child.table, child.id] = child
                waiting.append((child.table, child.id))
    gone = {(table, record_id), *removed}
    unlinked = [
        (one, field)
        for one in outlines
        if (one.table, one.id) not in gone
        for field, to, ids in _links(one)
        if any((to, target) in gone for target in ids)
    ]
    return Dependents(tuple(removed.values()), tuple(unlinked))


def delete(
    database: Database, clock: Clock, table: str, record_id: str, revision: int, agreed: str, by: str, address: str
) -> int:
    """Delete it with its dependents; returns how many records.

    ``agreed``: digest of the displayed dependents. Raises :class:`RecordChanged`.
    """
    now = clock.now()
    with database.writing() as connection:
        queries.lock_tables(connection)
        found = dependents_of(queries.outlines(connection), table, record_id)
        if found.digest != agreed or not queries.remove(connection, table, record_id, revision):
            raise RecordChanged(queries.found(connection, table, record_id))
        gone = {(table, record_id), *((one.table, one.id) for one in found.removed)}
        for one in found.removed:
            queries.remove(connection, one.table, one.id, one.revision)
        for holder in {(one.table, one.id) for one, _ in found.unlinked}:
            _unlink(connection, now, by, *holder, gone)
        details = {"records": len(gone), "unlinked": len(found.unlinked)}
        audit.audit(connection, now, by, "delete record", f"{table} {record_id}", address, **details)
    return len(gone)


def reorder(database: Database, clock: Clock, table: str, wanted: Mapping[str, Any], by: str, address: str) -> int:
    now, count = clock.now(), 0
    with database.writing() as connection:
        queries.lock_tables(connection)
        for record_id, order in wanted.items():
            stored = queries.found(connection, table, record_id)
            if stored is not None and stored.fields.get("Order") != order:
                count += _rewrite(connection, now, by, stored, dict(stored.fields) | {"Order": order})
        if count:
            audit.audit(connection, now, by, "order records", table, address, records=count)
    return count


# --- pieces ----------------------------------------------------------------------------------------------------------


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("table_name", "id")}


def _expect_room(connection: Transaction) -> None:
    if len(queries.outlines(connection)) >= MAX_RECORDS:
        raise TablesFull


def _add(connection: Transaction, now: datetime, rows: Iterable[tuple[str, str, Mapping[str, Any]]], by: str) -> None:
    queries.add(connection, [row_of(table, record_id, fields, now, by) for table, record_id, fields in rows])


def _rewrite(connection: Transaction, now: datetime, by: str, stored: StoredRecord, fields: Mapping[str, Any]) -> bool:
    columns = _columns(row_of(stored.table, stored.id, fields, now, by))
    return queries.change(connection, stored.table, stored.id, stored.revision, **columns)


def _as_copy(stored: StoredRecord) -> dict[str, Any]:
    fields = {
        name: value
        for name, value in stored.fields.items()
        if (one := field_of(stored.table, name)) is None or one.kind != "slug"
    }
    name = FIELDS[stored.table][0].name if stored.table in ("Levels", "Puzzles") else ""
    if name and fields.get(name):
        fields[name] = f"{fields[name]} (2)"
    return fields


def _children(outlines: Iterable[StoredRecord], table: str, record_id: str) -> Iterator[StoredRecord]:
    fields = {child: field for (parent, _), (child, field) in BACK_LINKS.items() if parent == table}
    return (one for one in outlines if one.table in fields and record_id in ids_in(one.fields.get(fields[one.table])))


def _links(record: StoredRecord) -> Iterator[tuple[str, str, list[str]]]:
    for one in FIELDS[record.table]:
        if one.kind in LINKS:
            yield one.name, one.to, ids_in(record.fields.get(one.name))


def ids_in(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, str) and one]


def _unlink(
    connection: Transaction, now: datetime, by: str, table: str, record_id: str, gone: set[tuple[str, str]]
) -> None:
    stored = queries.found(connection, table, record_id)
    if stored is None:
        return
    fields = dict(stored.fields)
    for name, to, ids in _links(stored):
        fields[name] = [one for one in ids if (to, one) not in gone]
    _rewrite(connection, now, by, stored, {name: value for name, value in fields.items() if value != []})
