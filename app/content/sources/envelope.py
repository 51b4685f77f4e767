"""The frame of a JSON file: its keys, table names, and keys of records.

Clear misspellings are understood, unknown keys warned of. Wrong shapes are left for :mod:`json_file` to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.content.faults import Fault
from app.content.sources.tables import TABLES
from app.core.clean_text import clean_text, one_line
from app.core.spelling import read_names, suggestion

KEYS = ("format", "tables", "assets", "view")
# Airtable adds the count of comments where somebody wrote one; it says nothing about the hunt.
RECORD_KEYS = ("id", "fields", "createdTime", "commentCount")


def understand(whole: Any) -> tuple[Any, list[Fault]]:
    """Return the object under known names, and warnings."""
    if not isinstance(whole, dict):
        return whole, []
    outer = read_names(whole, KEYS, keep_empty=True)
    warnings = list(_warnings(outer.aliases, outer.unread, "", "of a content file", (*KEYS, *TABLES)))
    found = dict(outer.values)
    tables = found.get("tables")
    if isinstance(tables, dict):
        inner = read_names(tables, TABLES, keep_empty=True)
        warnings += _warnings(inner.aliases, inner.unread, "tables", "of a table", TABLES)
        made = {name: _with_known_keys(name, rows, warnings) for name, rows in inner.values.items()}
        # Unknown ones stay: a missing table may be one of them.
        found["tables"] = inner.unread | made
    return found, warnings


def _with_known_keys(table: str, rows: Any, warnings: list[Fault]) -> Any:
    if not isinstance(rows, list):
        return rows
    found, seen = [], set[str]()
    for row in rows:
        if not isinstance(row, dict):
            found.append(row)
            continue
        names = read_names(row, RECORD_KEYS)
        found.append(names.values)
        fresh = {name: names.unread[name] for name in names.unread if name not in seen}
        seen |= set(fresh)
        number = names.values.get("id")
        record = clean_text(number)[:64] if isinstance(number, str) else ""
        for one in _warnings(names.aliases, {}, table, "of a record", RECORD_KEYS, record):
            warnings.append(one)
        for name in fresh:
            words = f"“{name}” stands beside “fields” and is not read. Put it inside of “fields”."
            warnings.append(_warning(table, record, name, words))
    return found


def _warnings(
    aliases: Mapping[str, str], unread: Mapping[str, Any], table: str, what: str, known: Sequence[str], record: str = ""
) -> Iterator[Fault]:
    for typed, name in aliases.items():
        yield _warning(table, record, typed, f"“{typed}” is read as {name}. Write it exactly so.")
    for typed in unread:
        yield _warning(table, record, typed, f"“{typed}” is no name {what} and is not read.{suggestion(typed, known)}")


def _warning(table: str, record: str, name: str, words: str) -> Fault:
    return Fault(table, record, "", one_line(clean_text(name))[:100], words[:600])
