"""The site's own tables as a whole, filled from records, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.clock import Clock
from app.content.assets import asset_faults, read_asset
from app.content.cell_forms import normal_value
from app.content.faults import Fault, Findings
from app.content.fields import BACK_LINKS, FIELDS
from app.content.parse.field_names import with_known_names
from app.content.parse.row import Row
from app.content.queries import read_records
from app.content.sources.json_file import read_file, read_text
from app.content.sources.tables import TABLES, Record, Source
from app.content.versions import VersionUnknown
from app.content.writing import queries
from app.content.writing.records import fresh_id, row_of
from app.core.spelling import is_empty
from app.database import audit
from app.database.engine import Database
from config import DEMO_HUNT

Rows = dict[str, dict[str, dict[str, Any]]]
# Of the address of a page that makes a record.
RESERVED_ID = "new"
# An empty hunt has a level to put puzzles into.
FIRST_LEVEL = {"Title": "Level 1", "Order": 1, "Unlocked": True}


def replace_tables(database: Database, clock: Clock, source: Source, by: str, address: str = "") -> tuple[Fault, ...]:
    """Put these records and files in place of all that the site's tables hold; answers what has no place in them.

    All or nothing: raises :class:`ContentFaulty` where something could not be kept as it is. Records may have faults
    of other kinds: they are drafts. Answers must be hashes already (:func:`app.content.writing.answers.hash_text`).
    """
    findings = Findings(warnings=list(source.warnings))
    rows = normal_rows(source, findings)
    assets = list(_asset_rows(source, findings))
    findings.raise_if_faulty()
    now = clock.now()
    stamped = {"added_at": now, "added_by": by[:64]}
    records = [
        row_of(table, record_id, fields, now, by)
        for table, found in rows.items()
        for record_id, fields in found.items()
    ]
    with database.writing() as connection:
        queries.lock_tables(connection)
        queries.clear(connection)
        queries.add(connection, records)
        queries.add_assets(connection, [row | stamped for row in assets])
        details = {"records": len(records), "files": len(assets)}
        audit.audit(connection, now, by, "replace tables", source.origin, address, **details)
    return tuple(findings.warnings)


def empty_hunt() -> Source:
    return Source({"Levels": (Record(fresh_id(), FIRST_LEVEL),), "Puzzles": (), "Hints": ()}, origin="an empty hunt")


def demo_hunt() -> Source:
    return read_file(DEMO_HUNT)


def version_records(database: Database, version: int) -> Source:
    """A version's records. Raises :class:`VersionUnknown`."""
    records = read_records(database, version)
    if records is None:
        raise VersionUnknown(version)
    return read_text(records, f"version {version}")


# --- records in one form ---------------------------------------------------------------------------------------------


def normal_rows(source: Source, findings: Findings) -> Rows:
    known = with_known_names(source, findings.warn)
    rows: Rows = {table: {} for table in TABLES}
    backwards: list[tuple[str, str, list[str]]] = []
    for table in TABLES:
        for record in known[table]:
            row = Row(table, record, findings)
            if not row.has_sound_id or record.id == RESERVED_ID or record.id in rows[table]:
                row.fault("", "The id of this record is used twice or cannot be one: letters, digits, _ and - only.")
            elif not row.is_empty:
                rows[table][record.id] = {
                    one.name: value
                    for one in FIELDS[table]
                    if not is_empty(value := normal_value(one, record.fields.get(one.name)))
                }
                backwards += _back_links(row, record)
    for table, name, ids in backwards:
        _link_back(rows, table, name, ids)
    _codes_for_ids(rows)
    return rows


def _back_links(row: Row, record: Record) -> Iterator[tuple[str, str, list[str]]]:
    for (table, name), _ in BACK_LINKS.items():
        if table == row.table and record.fields.get(name):
            yield record.id, name, list(row.ids(name))


def _link_back(rows: Rows, parent: str, name: str, ids: Iterable[str]) -> None:
    """Write a parent's link into the child; its place is the child's order."""
    child_table, field = next(to for (_, back), to in BACK_LINKS.items() if back == name)
    for place, child_id in enumerate(ids, 1):
        child = rows[child_table].get(child_id)
        if child is not None:
            linked = child.get(field) or []
            child[field] = linked if parent in linked else [parent, *linked]
            child.setdefault("Order", place)


def _codes_for_ids(rows: Rows) -> None:
    codes = {record_id: fields.get("Code") for record_id, fields in rows["Divisions"].items()}
    for fields in rows["Puzzles"].values():
        if isinstance(fields.get("Divisions"), list):
            fields["Divisions"] = [codes.get(one) or one for one in fields["Divisions"]]


def _asset_rows(source: Source, findings: Findings) -> Iterator[dict[str, Any]]:
    faulty = dict(asset_faults(source.assets))
    for name, words in faulty.items():
        findings.fault(Fault("assets", "", name[:100], "", words))
    for name, uri in source.assets.items():
        if name not in faulty:
            asset = read_asset(uri)
            kind = {"media_type": asset.media_type, "size": len(asset.content)}
            yield {"name": name, "path": asset.path, "uri": uri, **kind}
