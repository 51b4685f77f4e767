"""Faults of the site's own tables: of one record, or of all.

One record is checked against the outlines of the others, so that pages of large hunts stay fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.content.faults import ContentFaulty, Fault, Findings
from app.content.fields import FIELDS
from app.content.hash_speed import step_seconds
from app.content.html.css import LEVEL_SCOPE, PUZZLE_SCOPE, classes_in
from app.content.html.elements import prefix_of
from app.content.html.sanitise import Renderer
from app.content.html.selectors import Reach
from app.content.parse.parser import Seams, examine, parse
from app.content.parse.records import TEXTS_ON_SHEET, Tools
from app.content.parse.row import Links, Row
from app.content.sources.site import read_site
from app.content.sources.tables import TABLES, Record, Source
from app.content.versions import seams
from app.ports import ContentServices, Hasher
from app.writing.queries import StoredRecord
from app.writing.records import NAMING

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


@dataclass(frozen=True, slots=True)
class HuntCheck:
    """``puzzles``: their number if there is no fault."""

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    puzzles: int = 0


@dataclass(frozen=True, slots=True)
class TextPreview:
    texts: Mapping[str, str]
    css: str


def check_record(
    outlines: Iterable[StoredRecord], table: str, record_id: str, fields: Mapping[str, Any], asset_path: AssetPath
) -> RecordCheck:
    """Faults and warnings of a record, and faults of others that name it."""
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


def check_all(services: ContentServices, hasher: Hasher) -> HuntCheck:
    """All records; contacts no other server."""
    offline = seams(services.clock, hasher, services.prox, is_offline=True)
    offline = replace(offline, step_seconds=partial(step_seconds, services.clock, hasher))
    try:
        parsed = parse(read_site(services.database), version=0, seams=offline)
    except ContentFaulty as faulty:
        return HuntCheck(faulty.faults, faulty.warnings)
    return HuntCheck((), parsed.warnings, len(parsed.content.puzzles))


def preview(
    table: str, record_id: str, fields: Mapping[str, Any], asset_path: AssetPath, picture_url: Callable[[str, str], str]
) -> TextPreview:
    """The texts as readers would see them, faults or not."""
    row = Row(table, Record(record_id, fields), Findings())
    tools = Tools(Renderer(asset_path, picture_url), Links({}, None), asset_path)
    css = _sheet(row, table, tools)
    names = [one.name for one in FIELDS[table] if one.kind in ("markdown", "message")]
    return TextPreview({name: tools.block(row, name, classes_in(css)) for name in names if row.has(name)}, css)


def _sheet(row: Row, table: str, tools: Tools) -> str:
    if not row.has("CustomCSS"):
        return ""
    if table == "Levels":
        reach = Reach((prefix_of(row.id, "Description"),), tuple(field.lower() for field in TEXTS_ON_SHEET))
        return tools.sheet(row, LEVEL_SCOPE, reach)
    return tools.sheet(row, PUZZLE_SCOPE, Reach(tuple(prefix_of(row.id, field) for field in TEXTS_ON_SHEET)))


def _stand_in(one: StoredRecord) -> Record:
    fields = {name: one.fields[name] for name in RELATIONS if name in one.fields}
    return Record(one.id, fields | {"Solution": SOME_HASH} if one.table == "Puzzles" else fields)


def _is_about(fault: Fault, table: str, record_id: str, title: str) -> bool:
    """A circle of records is reported once; this finds its other members."""
    if (fault.table, fault.record_id) == (table, record_id):
        return True
    return fault.field == "Prereq" and bool(title) and f"“{title}”" in fault.message
