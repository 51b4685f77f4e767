"""Spreadsheet files (XLSX, ODS, CSV) as sheets of cells, without trust in their sizes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

from app.content.fields import FIELDS
from app.content.imports.archive import MEGABYTE, ImportRefused, is_archive, read_archive
from app.content.imports.ods import FORMULA, MERGED, TOO_MANY, read_ods
from app.core.csv_text import read_cell, separated
from app.core.spelling import MEANINGS, folded
from app.core.text import sentence

MOST_ROWS = 20_001  # a row of names, and as many records as a hunt may have
MOST_COLUMNS = 200
MOST_CELL = 110_000
MOST_LINE = 2_000_000
MOST_TEXT = 20 * MEGABYTE
# Of XML, by “<”. Each format of a workbook costs as much time as a hundred cells.
MOST_MARKS, MOST_MARKS_OF_FORMATS = 3_000_000, 40_000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DAMAGED = sentence("This spreadsheet cannot be read. Save it again as XLSX.")
TOO_MANY_ROWS = sentence("A sheet has at most %(most)s rows.", most=MOST_ROWS - 1)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^<>]*?ref="([A-Z]{1,3})([0-9]{1,7}):')
# A cell beyond the last column that is read, GR.
_FAR = re.compile(rb'<(?:\w+:)?c\s[^<>]*?r="(?:[A-Z]{3}|[H-Z][A-Z]|G[S-Z])[0-9]')
_PADDED = re.compile("0{2,15}")
_CELLS = re.compile(r"xl/(?:worksheets/[^/]+|sharedStrings)\.xml")
_NEEDED = re.compile(r"(?:xl/|_rels/|docProps/)?[^/]*|xl/(?:worksheets|_rels)/(?:_rels/)?[^/]+")
_HEADS = frozenset({"id", *map(folded, MEANINGS), *(folded(one.name) for table in FIELDS.values() for one in table)})
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that holds no value of its own: a formula, an error, a part of a merged area."""

    why: str


@dataclass(frozen=True, slots=True)
class CellSheet:
    name: str
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class SheetFile:
    sheets: tuple[CellSheet, ...]
    notes: tuple[str, ...] = ()


def read_sheets(raw: bytes, filename: str = "") -> SheetFile:
    """Raises :class:`ImportRefused`."""
    if raw.startswith(OLE):
        raise ImportRefused(sentence("This file is encrypted, or of an old Excel. Save it as XLSX without a password."))
    if not is_archive(raw):
        name = filename.rpartition("/")[2].rpartition(".")[0]
        return _csv_file({name or "Puzzles": raw}, [])
    return sheets_in(read_archive(raw))


def sheets_in(members: Mapping[str, bytes]) -> SheetFile:
    if "xl/workbook.xml" in members:
        return _read_xlsx(members)
    if "content.xml" in members:
        if b"encryption-data" in members.get("META-INF/manifest.xml", b""):
            raise ImportRefused(sentence("This file is encrypted. Save it without a password."))
        _expect_marks([members["content.xml"]], MOST_MARKS)
        rows = read_ods(_plain_xml(members["content.xml"]), MOST_ROWS, MOST_COLUMNS)
        return SheetFile(tuple(CellSheet(name, _with_bad(found)) for name, found in rows))
    tables = {name: body for name, body in members.items() if is_table(name)}
    if not tables:
        raise ImportRefused(sentence("There is no spreadsheet in this file: XLSX, ODS, or a zip of CSV files."))
    others = sorted(set(members) - set(tables))
    notes: list[str] = [sentence("%(name)s is no CSV and isn’t read.", name=name[:100]) for name in others]
    return _csv_file({name.rpartition(".")[0]: body for name, body in tables.items()}, notes)


def is_table(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv"))


def column_letters(place: int) -> str:
    """From 0."""
    return str(get_column_letter(place + 1))


# --- XLSX ------------------------------------------------------------------------------------------------------------


def _read_xlsx(members: Mapping[str, bytes]) -> SheetFile:
    has_macros = any(name.lower().endswith("vbaproject.bin") for name in members)
    notes: list[str] = [sentence("The macros of this workbook are not read.")] if has_macros else []
    try:
        book = openpyxl.load_workbook(io.BytesIO(_repacked(members)), read_only=True, keep_links=False)
        sheets = tuple(_xlsx_sheet(one, members) for one in book.worksheets)
        notes += [note for one in book.worksheets for note in _xlsx_notes(one, members)]
    except ImportRefused:
        raise
    except Exception:  # noqa: BLE001 - a damaged workbook fails in every part of the library
        raise ImportRefused(DAMAGED) from None
    return SheetFile(sheets, tuple(notes))


def _repacked(members: Mapping[str, bytes]) -> bytes:
    """Only parts that are read, as they were unpacked: what a header says of sizes is gone."""
    target = io.BytesIO()
    needed = {
        name: body for name, body in members.items() if _NEEDED.fullmatch(name) and name.endswith((".xml", ".rels"))
    }
    _expect_marks([body for name, body in needed.items() if _CELLS.fullmatch(name)], MOST_MARKS)
    _expect_marks([body for name, body in needed.items() if not _CELLS.fullmatch(name)], MOST_MARKS_OF_FORMATS)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, body in needed.items():
            archive.writestr(name, _plain_xml(body))
    return target.getvalue()


def _expect_marks(bodies: list[bytes], most: int) -> None:
    if sum(body.count(b"<") for body in bodies) > most:
        raise ImportRefused(TOO_MANY if most == MOST_MARKS else DAMAGED)


def _plain_xml(body: bytes) -> bytes:
    """Refuses what could declare entities."""
    if (
        body.startswith((b"\xff\xfe", b"\xfe\xff"))
        or b"\0" in body[:200]
        or b"<!DOCTYPE" in body
        or b"<!ENTITY" in body
    ):
        raise ImportRefused(DAMAGED)
    return body


def _xlsx_sheet(sheet: Any, members: Mapping[str, bytes]) -> CellSheet:
    sheet.reset_dimensions()
    found = _MERGED.findall(members.get(sheet._worksheet_path.lstrip("/"), b""))
    areas = {(int(row), letters.decode()) for letters, row in found}
    rows = list[tuple[Any, ...]]()
    for number, cells in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS), 1):
        if len(rows) >= MOST_ROWS:
            raise ImportRefused(TOO_MANY_ROWS)
        values = [_xlsx_value(cell) for cell in cells]
        for place, value in enumerate(values):
            if value and areas and (number, column_letters(place)) in areas:
                values[place] = BadCell(MERGED)
        rows.append(_trimmed(values))
    return CellSheet(sheet.title, tuple(_without_end(rows)))


def _xlsx_notes(sheet: Any, members: Mapping[str, bytes]) -> Iterator[str]:
    if sheet.sheet_state != "visible":
        yield sentence("The sheet %(name)s is hidden. It’s read all the same.", name=sheet.title)
    if _FAR.search(members.get(sheet._worksheet_path.lstrip("/"), b"")):
        yield _too_wide(sheet.title)


def _too_wide(name: str) -> str:
    letters = column_letters(MOST_COLUMNS - 1)
    return sentence("Sheet %(name)s: columns after %(letters)s aren’t read.", name=name[:80], letters=letters)


def _xlsx_value(cell: Any) -> Any:
    if cell.value is None:
        return None
    if cell.data_type == "f":
        return BadCell(FORMULA)
    if cell.data_type == "e":
        return BadCell(sentence("The formula in this cell gives an error. Correct it, or write the value itself."))
    if isinstance(cell.value, int) and not isinstance(cell.value, bool) and _PADDED.fullmatch(cell.number_format):
        # Shown, and meant, as 007.
        return f"{cell.value:0{len(cell.number_format)}d}"
    return unescaped(cell.value) if isinstance(cell.value, str) else cell.value


def unescaped(text: str) -> str:
    """Excel writes characters that XML cannot hold as ``_x000B_``."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv_file(tables: Mapping[str, bytes], notes: list[str]) -> SheetFile:
    sheets = [CellSheet(name.rpartition("/")[2], _csv_rows(body)) for name, body in tables.items()]
    notes += [_too_wide(one.name) for one in sheets if any(len(row) > MOST_COLUMNS for row in one.rows)]
    return SheetFile(
        tuple(CellSheet(one.name, tuple(row[:MOST_COLUMNS] for row in one.rows)) for one in sheets), tuple(notes)
    )


def _csv_rows(raw: bytes) -> tuple[tuple[Any, ...], ...]:
    delimiter, text = separated(decoded(raw), ",;\t|", _known)
    csv.field_size_limit(max(csv.field_size_limit(), MOST_CELL))
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=False)
    rows = list[tuple[Any, ...]]()
    try:
        for row in reader:
            if len(rows) >= MOST_ROWS:
                raise ImportRefused(TOO_MANY_ROWS)
            rows.append(_trimmed([read_cell(one).replace("\r\n", "\n") or None for one in row[: MOST_COLUMNS + 1]]))
    except csv.Error:
        raise ImportRefused(sentence("A cell of this CSV is too long, or a quote is never closed.")) from None
    return tuple(_without_end(rows))


def _known(heads: list[str]) -> int:
    return sum(folded(head) in _HEADS for head in heads)


def _lines(text: str) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        if len(line) > MOST_LINE:
            raise csv.Error
        yield line


def decoded(raw: bytes) -> str:
    """UTF-8, UTF-16 by its mark, else Windows-1252. Raises :class:`ImportRefused`."""
    if len(raw) > MOST_TEXT:
        raise ImportRefused(sentence("A text in this file has more than %(most)s MB.", most=MOST_TEXT // MEGABYTE))
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return _decoded(raw, name)
    # UTF-16 without its mark has a NUL in nearly every second byte.
    if raw[:200].count(0) > len(raw[:200]) // 4:
        return _decoded(raw, "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _decoded(raw, "cp1252")


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise ImportRefused(sentence("This text is in no encoding that is known. Save it as UTF-8.")) from None


# --- rows ------------------------------------------------------------------------------------------------------------


def _trimmed(values: list[Any]) -> tuple[Any, ...]:
    while values and values[-1] in (None, ""):
        values.pop()
    return tuple(values)


def _without_end(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _with_bad(rows: Iterator[list[Any]] | list[list[Any]]) -> tuple[tuple[Any, ...], ...]:
    made = [_trimmed([BadCell(one[1]) if isinstance(one, tuple) else one for one in row]) for row in rows]
    return tuple(_without_end(made))
