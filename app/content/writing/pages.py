"""Page values of the site's own tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from app.content.fields import FIELDS
from app.content.parse.row import CellFaulty, as_number
from app.content.writing.forms import Option
from app.content.writing.labels import TABLE_NAMES
from app.content.writing.queries import StoredRecord
from app.content.writing.records import EXCERPT, NAMING, ids_in
from app.core.text import sentence

UNTITLED = sentence("(no title)")
# The table whose records head a list, and the field that names one.
PARENTS = {"Puzzles": ("Levels", "Level"), "Hints": ("Puzzles", "Puzzle"), "Story": ("Puzzles", "Puzzle")}
# The fields that a search looks into.
SEARCHED = (*NAMING, "Authors", "URL")
OPEN_TO_ALL = (Option("open", sentence("Open")),)


class TableLine(NamedTuple):
    table: str
    name: str
    records: int


class RecordLine(NamedTuple):
    """``order``: as typed; ``is_open``: for tables with that box."""

    id: str
    title: str
    order: str
    is_open: bool | None
    changed: StoredRecord


class RecordGroup(NamedTuple):
    title: str
    parent: str
    lines: tuple[RecordLine, ...]


class RelatedList(NamedTuple):
    table: str
    lines: tuple[RecordLine, ...]
    field: str


def overview(outlines: Iterable[StoredRecord]) -> tuple[TableLine, ...]:
    counts = dict.fromkeys(TABLE_NAMES, 0)
    for one in outlines:
        counts[one.table] += 1
    return tuple(TableLine(table, TABLE_NAMES[table][0], count) for table, count in counts.items())


def title_of_record(one: StoredRecord) -> str:
    named = next((str(one.fields[name]) for name in NAMING if one.fields.get(name)), "")
    return named or str(one.fields.get(EXCERPT) or "") or UNTITLED


def groups_of(outlines: Iterable[StoredRecord], table: str, words: str = "") -> tuple[RecordGroup, ...]:
    outlines = list(outlines)
    parent_table, field = PARENTS.get(table, ("", ""))
    heads = ordered(one for one in outlines if one.table == parent_table)
    if parent_table == "Puzzles":
        levels = {one.id: place for place, one in enumerate(ordered(one for one in outlines if one.table == "Levels"))}
        heads.sort(key=lambda one: levels.get(next(iter(ids_in(one.fields.get("Level"))), ""), len(levels)))
    wanted = words.casefold().split()
    found: dict[str, list[StoredRecord]] = {one.id: [] for one in heads}
    found[""] = []
    for one in ordered(one for one in outlines if one.table == table):
        holder = next(iter(ids_in(one.fields.get(field))), "") if field else ""
        text = " ".join(str(one.fields.get(name, "")) for name in (*SEARCHED, EXCERPT)).casefold()
        if all(word in text for word in wanted):
            found[holder if holder in found else ""].append(one)
    titles = {one.id: title_of_record(one) for one in heads}
    return tuple(
        RecordGroup(titles.get(parent, ""), parent, tuple(map(_line, lines)))
        for parent, lines in found.items()
        if lines
    )


def related_lists(outlines: Iterable[StoredRecord], table: str, record_id: str) -> tuple[RelatedList, ...]:
    outlines = list(outlines)
    found = []
    for child, (parent, field) in PARENTS.items():
        if parent == table:
            mine = [one for one in outlines if one.table == child and record_id in ids_in(one.fields.get(field))]
            found.append(RelatedList(child, tuple(map(_line, ordered(mine))), field))
    return tuple(found)


def options_of(outlines: Iterable[StoredRecord], table: str, record_id: str) -> dict[str, tuple[Option, ...]]:
    """Options of each link or code field; a record cannot link to itself."""
    outlines = list(outlines)
    codes = tuple(
        Option(str(one.fields["Code"]), title_of_record(one))
        for one in ordered(one for one in outlines if one.table == "Divisions")
        if one.fields.get("Code")
    )
    found: dict[str, tuple[Option, ...]] = {}
    for one in FIELDS[table]:
        if one.kind == "codes":
            found[one.name] = codes or OPEN_TO_ALL
        elif one.to:
            found[one.name] = tuple(
                Option(line.id, line.title, group.title)
                for group in groups_of(outlines, one.to)
                for line in group.lines
                if (one.to, line.id) != (table, record_id)
            )
    return found


def defaults_of(outlines: Iterable[StoredRecord], table: str, given: Mapping[str, str]) -> dict[str, Any]:
    outlines = list(outlines)
    fields: dict[str, Any] = {}
    parent, field = PARENTS.get(table, ("", ""))
    if parent:
        heads = [one.id for one in ordered(one for one in outlines if one.table == parent)]
        asked = given.get(field.lower(), "")
        chosen = asked if asked in heads else heads[-1] if parent == "Levels" and heads else ""
        fields |= {field: [chosen]} if chosen else {}
    same = [one for one in outlines if one.table == table and (not field or one.fields.get(field) == fields.get(field))]
    fields["Order"] = int(max((_order(one) for one in same), default=0)) + 1
    names = {one.name for one in FIELDS[table]}
    fields |= {name: True for name in ("Unlocked", "Public", "Ranked") if name in names}
    return fields | ({"Value": 100} if table == "Puzzles" else {})


def ordered(records: Iterable[StoredRecord]) -> list[StoredRecord]:
    return sorted(records, key=_order)


def _order(one: StoredRecord) -> float:
    try:
        return as_number(one.fields.get("Order")) or 0
    except CellFaulty:
        return 0


def _line(one: StoredRecord) -> RecordLine:
    is_open = one.fields.get("Unlocked") is True if one.table in ("Levels", "Puzzles") else None
    return RecordLine(one.id, title_of_record(one), str(one.fields.get("Order", "")), is_open, one)
