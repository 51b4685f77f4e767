"""A hunt as a JSON file: records as Airtable returns them.

``{"format": 1, "tables": {"Levels": [{"id", "createdTime", "fields"}], …}, "assets": {NAME: data URI}}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.content.faults import Fault
from app.content.sources.tables import (
    MAX_BYTES,
    MAX_RECORDS,
    REQUIRED_TABLES,
    TABLES,
    Source,
    SourceUnreadable,
    record_faults,
    to_records,
)
from app.core.clean_text import clean_text, one_line, storable
from app.core.spelling import nearest, read_names, suggestion

KEYS = ("format", "tables", "assets", "view")
# Airtable adds the count of comments where somebody wrote one; it says nothing about the hunt.
RECORD_KEYS = ("id", "fields", "createdTime", "commentCount")


def understand(whole: Any) -> tuple[Any, list[Fault]]:
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


FORMAT = 1
MOST_REASONS = 50  # a file of the wrong kind has a fault in every line; nobody reads more


def read_file(path: str | Path) -> Source:
    """Raises :class:`SourceUnreadable` with all reasons."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceUnreadable(f"The content file {path} cannot be read: {error.strerror or 'no such file'}.") from None
    return read_text(raw, path.name)


def read_text(raw: bytes | str, origin: str) -> Source:
    origin = storable(origin)
    if len(raw) > MAX_BYTES:
        raise SourceUnreadable(
            f"{origin} is larger than {MAX_BYTES // 1024 // 1024} MB, the most a content file may be."
        )
    whole, warnings = understand(_decode(raw, origin))
    reasons = [f"{origin}: {reason}" for reason in _shape_faults(whole)]
    if reasons:
        raise SourceUnreadable(*reasons[:MOST_REASONS])
    try:
        tables = {name: to_records(whole["tables"][name]) for name in TABLES if name in whole["tables"]}
    except RecursionError:
        raise SourceUnreadable(f"{origin} is nested too deeply to be a content file.") from None
    assets = {storable(name): storable(value) for name, value in (whole.get("assets") or {}).items()}
    view = whole.get("view")
    named = storable(view) if isinstance(view, str) else None
    return Source(tables, assets, origin, named, tuple(warnings))


def write_text(source: Source) -> str:
    tables = {
        name: [{"id": row.id, "createdTime": row.created, "fields": row.fields} for row in rows]
        for name, rows in source.tables.items()
    }
    whole: dict[str, Any] = {"format": FORMAT, "tables": tables}
    if source.assets:
        whole["assets"] = dict(source.assets)
    if source.view:
        whole["view"] = source.view
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _decode(raw: bytes | str, origin: str) -> Any:
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_each_name_once)
    except SourceUnreadable as problem:
        raise SourceUnreadable(f"{origin}: {problem}") from None
    except UnicodeDecodeError:
        raise SourceUnreadable(f"{origin} is not text in UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise SourceUnreadable(f"{origin} is not valid JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise SourceUnreadable(f"{origin} is nested too deeply to be a content file.") from None
    except ValueError as error:
        raise SourceUnreadable(f"{origin} is not valid JSON: {error}.") from None


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse duplicate names, of which JSON would drop one silently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SourceUnreadable(f"the name “{one_line(clean_text(twice))[:64]}” stands twice in one object. Keep one.")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _shape_faults(whole: Any) -> Iterator[str]:
    if not isinstance(whole, dict):
        yield "the file must hold one JSON object with “format” and “tables”."
    elif whole.get("format") != FORMAT or isinstance(whole.get("format"), bool):
        yield f"“format” must be {FORMAT}; this program knows no other."
    elif not isinstance(whole.get("tables"), dict):
        yield "“tables” must be an object, table name to list of records."
    else:
        yield from _table_faults(whole["tables"])
        yield from _asset_faults(whole.get("assets"))


def _table_faults(tables: dict[str, Any]) -> Iterator[str]:
    for name in REQUIRED_TABLES:
        if name not in tables:
            others = [other for other in tables if other not in TABLES]
            near = next((other for other in others if nearest(other, TABLES) == name), None)
            meant = f" “{near[:64]}” is no table; if it is meant, call it {name}." if near else ""
            yield f"the table {name} is missing.{meant}"
    for name in TABLES:
        if name in tables:
            yield from record_faults(name, tables[name])
    if sum(len(rows) for rows in tables.values() if isinstance(rows, list)) > MAX_RECORDS:
        yield f"there are more than {MAX_RECORDS} records in it."


def _asset_faults(assets: Any) -> Iterator[str]:
    if assets is None:
        return
    if not isinstance(assets, dict):
        yield "“assets” must be an object, name to data URI."
        return
    for name, value in assets.items():
        if not isinstance(value, str):
            yield f"the asset {name[:64]} must be a text beginning with data:."
