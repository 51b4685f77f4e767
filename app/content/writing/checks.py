"""Faults of the site's own tables: of one record, or of all.

One record is checked against the outlines of the others, so that pages of large hunts stay fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.content.faults import Fault
from app.content.parse.parser import Seams, examine
from app.content.sources.tables import TABLES, Record, Source
from app.content.writing.queries import StoredRecord
from app.content.writing.records import NAMING

# Stands for the answers of all other puzzles: whether they are hashes is said on their own pages.
SOME_HASH = "$2b$10$" + "a" * 21 + "e" + "a" * 31
# What a record may link to, and the fields by which others bear on it.
RELATED = ("Levels", "Puzzles", "Divisions")
RELATIONS = (*NAMING, "Level", "Prereq", "PrereqCount", "Meta", "Puzzle", "Divisions", "FinalPuzzle")
AssetPath = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class RecordCheck:
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def check_record(
    outlines: Iterable[StoredRecord], table: str, record_id: str, fields: Mapping[str, Any], asset_path: AssetPath
) -> RecordCheck:
    tables: dict[str, list[Record]] = {name: [] for name in TABLES}
    for one in outlines:
        if one.table in (*RELATED, table) and (one.table, one.id) != (table, record_id):
            tables[one.table].append(_stand_in(one))
    # Of two records that collide the later one is blamed.
    tables[table].append(Record(record_id, fields))
    source = Source({name: tuple(records) for name, records in tables.items() if records})
    _, findings = examine(source, Seams(asset_path=asset_path))
    title = next((str(fields[name]) for name in NAMING if fields.get(name)), "")
    about = [one for one in findings.faults if _is_about(one, table, record_id, title)]
    warnings = [one for one in findings.warnings if (one.table, one.record_id) == (table, record_id)]
    return RecordCheck(tuple(about), tuple(warnings))


def _stand_in(one: StoredRecord) -> Record:
    fields = {name: one.fields[name] for name in RELATIONS if name in one.fields}
    return Record(one.id, fields | {"Solution": SOME_HASH} if one.table == "Puzzles" else fields)


def _is_about(fault: Fault, table: str, record_id: str, title: str) -> bool:
    if (fault.table, fault.record_id) == (table, record_id):
        return True
    return fault.field == "Prereq" and bool(title) and f"“{title}”" in fault.message
