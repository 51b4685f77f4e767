"""A hunt as one workbook: a sheet for each table, every cell typed, so that no text becomes a formula or a date."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font  # type: ignore[import-untyped]

from app.content.fields import FIELDS, HASHED, LINKS, TableField
from app.content.imports.columns import ANSWER
from app.content.imports.sheets import unescaped
from app.content.imports.spreadsheet import GUIDE, KEYS, read_file_line
from app.content.sources.tables import TABLES, Source
from app.core.spelling import is_empty

MOST_IN_CELL = 32_767
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_SLUG = re.compile("[a-z0-9-]{1,64}")
WORDS = (
    "Each sheet is a table, each row a record. Row 1 names the fields; don’t rename them.",
    "Answer: type the right answers, one a line. They become hashes as the file comes in, and nobody can read them "
    "again. Leave it blank to keep the answers that the record has. Close1 to Close5 work the same way.",
    "id: keep it; solves belong to it. Leave it blank in new rows.",
    "Level, Prereq, Meta, Puzzle and FinalPuzzle are links: write the slug, the id or the title; several with commas.",
    "Unlocked, Meta, Public, Ranked, ScriptEnabled and FreeGuesses: TRUE, or blank.",
    "UnlockAt: with an offset, 2030-06-01T18:00Z, or a date and time in the hunt’s time zone.",
    "Attachments: one a line, an address with https:// or asset:NAME. Files stay on the site; upload them there.",
    "A text longer than a cell goes on in a column with a number, such as ContentText (2).",
    "Lines that are deleted here are deleted there. Check the file first: hunt import FILE.xlsx --dry-run",
)


def write_workbook(source: Source) -> bytes:
    """``source``: in the form of the site's tables. Answers are left out."""
    book = openpyxl.Workbook(write_only=True)
    guide = book.create_sheet(GUIDE)
    guide.column_dimensions["A"].width = 100
    for words in WORDS:
        guide.append([_cell(guide, words, is_long=True)])
    names = _link_names(source)
    for table in TABLES:
        _write_table(book, table, source, names)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _write_table(book: Any, table: str, source: Source, names: Mapping[tuple[str, str], str]) -> None:
    sheet = book.create_sheet(table)
    columns = ["id", *_columns(table)]
    rows = [[record.id, *_values(table, record.fields, names)] for record in source.records(table)]
    sheet.freeze_panes = "C2"
    heads, cells = [], [list[Any]() for _ in rows]
    for place, name in enumerate(columns):
        pieces = [_pieces(row[place]) for row in rows]
        for number in range(max(map(len, pieces), default=1) or 1):
            heads.append(name if number == 0 else f"{name} ({number + 1})")
            for row, found in zip(cells, pieces, strict=True):
                row.append(found[number] if number < len(found) else None)
    sheet.append([_cell(sheet, head, is_head=True) for head in heads])
    for row in cells:
        sheet.append([None if value is None else _cell(sheet, value) for value in row])


def _columns(table: str) -> Iterator[str]:
    for one in FIELDS[table]:
        if one.kind == "answers":
            yield ANSWER
        elif one.kind != "near":
            yield one.name


def _values(table: str, fields: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> Iterator[Any]:
    for one in FIELDS[table]:
        if one.kind in HASHED:
            yield None
        elif one.kind != "near":
            yield _written(one, fields.get(one.name), names)


def _written(one: TableField, value: Any, names: Mapping[tuple[str, str], str]) -> Any:
    if is_empty(value):
        return None
    if one.kind == "tick" or (one.kind in ("order", "count") and isinstance(value, int | float)):
        return value
    if one.kind in LINKS and isinstance(value, list):
        return ", ".join(names.get((one.to, str(link)), str(link)) for link in value)
    if one.kind == "files" and isinstance(value, list):
        return "\n".join(map(_file_line, value))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _file_line(item: Any) -> str:
    url = str(item.get("url", "")) if isinstance(item, dict) else str(item)
    is_plain = url.strip() == url and url and "\n" not in url and not url.startswith("{")
    return url if is_plain and read_file_line(url) == item else json.dumps(item, ensure_ascii=False)


def _link_names(source: Source) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for table in KEYS:
        slugs = [str(record.fields.get("Slug", "")) for record in source.records(table)]
        taken = {record.id.casefold() for record in source.records(table)}
        for record, slug in zip(source.records(table), slugs, strict=True):
            if _SLUG.fullmatch(slug) and slugs.count(slug) == 1 and slug not in taken:
                found[table, record.id] = slug
    return found


def _pieces(value: Any) -> list[Any]:
    """A text in pieces that fit a cell; never cut inside of an escape."""
    if not isinstance(value, str):
        return [value]
    text = _NOT_IN_XML.sub(lambda sign: f"_x{ord(sign[0]):04X}_", value)
    pieces = []
    while len(text) > MOST_IN_CELL:
        cut = MOST_IN_CELL
        while unescaped(text[:cut]) + unescaped(text[cut:]) != unescaped(text):
            cut -= 1
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]


def _cell(sheet: Any, value: Any, *, is_head: bool = False, is_long: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        # “=1+1” and “#N/A” are texts, too.
        cell.data_type = "s"
        cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=is_long, vertical="top")
    if is_head:
        cell.font = Font(bold=True)
    return cell
