"""OpenDocument spreadsheets, read as a stream."""

# Repetitions are bounded before they are written out: a few bytes may stand for billions of cells.

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from xml.parsers import expat

from app.content.imports.archive import ImportRefused
from app.core.text import sentence

FORMULA = sentence("This cell holds a formula. Paste its value instead.")
MERGED = sentence("These cells are merged. Split them, and fill each.")
TOO_MANY = sentence("A sheet has too many rows or columns.")
MOST_CELLS = 2_000_000
DEEPEST = 200


def read_ods(content: bytes, most_rows: int, most_columns: int) -> list[tuple[str, list[list[Any]]]]:
    """Sheets by name; a cell that is no value is a pair (None, why). Raises :class:`ImportRefused`."""
    reader = _OdsReader(most_rows, most_columns)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.write
    parser.buffer_text = True
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError):
        raise ImportRefused(sentence("This spreadsheet cannot be read. Save it again as ODS or XLSX.")) from None
    return reader.sheets


class _OdsReader:
    def __init__(self, most_rows: int, most_columns: int) -> None:
        self.sheets: list[tuple[str, list[list[Any]]]] = []
        self._most_rows, self._most_columns = most_rows, most_columns
        self._row: list[Any] = []
        self._row_repeat = 1
        self._gap = 0  # empty rows that count only if another follows
        self._cell: dict[str, str] | None = None
        self._lines: list[str] = []
        self._notes = 0  # depth inside of annotations
        self._count = self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ImportRefused(TOO_MANY)
        if name == "table:table":
            self.sheets.append((attributes.get("table:name", ""), []))
            self._gap = 0
        elif name == "table:table-row":
            self._row, self._row_repeat = [], _repeat(attributes, "table:number-rows-repeated")
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._cell, self._lines = attributes, []
        elif name == "office:annotation":
            self._notes += 1
        elif self._cell is not None and not self._notes:
            self._inside(name, attributes)

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        if name == "text:p":
            self._lines.append("")
        elif name in ("text:line-break", "text:tab", "text:s"):
            sign = {"text:line-break": "\n", "text:tab": "\t"}.get(name, " " * min(_repeat(attributes, "text:c"), 1000))
            self.write(sign)

    def write(self, text: str) -> None:
        if self._lines and not self._notes:
            self._lines[-1] += text

    def end(self, name: str) -> None:
        self._depth -= 1
        if name == "office:annotation":
            self._notes -= 1
        elif name in ("table:table-cell", "table:covered-table-cell") and self._cell is not None:
            self._add_cell(
                _value(self._cell, "\n".join(self._lines)), _repeat(self._cell, "table:number-columns-repeated")
            )
            self._cell = None
        elif name == "table:table-row" and self.sheets:
            self._add_row()

    def _add_cell(self, value: Any, repeat: int) -> None:
        if value is None:
            repeat = min(repeat, max(0, self._most_columns - len(self._row)))
        self._take(repeat if value is not None else 0)
        if len(self._row) + repeat > self._most_columns:
            raise ImportRefused(TOO_MANY)
        self._row += [value] * repeat

    def _add_row(self) -> None:
        rows = self.sheets[-1][1]
        if all(value is None for value in self._row):
            self._gap += self._row_repeat
            return
        if len(rows) + self._gap + self._row_repeat > self._most_rows:
            raise ImportRefused(TOO_MANY)
        self._take(len(self._row) * self._row_repeat)
        rows += [[]] * self._gap + [self._row] * self._row_repeat
        self._gap = 0

    def _take(self, cells: int) -> None:
        self._count += cells
        if self._count > MOST_CELLS:
            raise ImportRefused(TOO_MANY)


def _repeat(attributes: dict[str, str], name: str) -> int:
    written = attributes.get(name, "1")
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise ImportRefused(TOO_MANY)
    return int(written)


def _value(cell: dict[str, str], text: str) -> Any:
    if cell.get("table:number-columns-spanned", "1") != "1" or cell.get("table:number-rows-spanned", "1") != "1":
        return (None, MERGED) if text else None
    if cell.get("table:formula"):
        return (None, FORMULA)
    kind = cell.get("office:value-type") or cell.get("calcext:value-type", "")
    if kind == "error":
        return (None, FORMULA)
    if kind in ("float", "percentage", "currency"):
        number = float(cell.get("office:value", ""))
        if not math.isfinite(number):
            raise ValueError(number)
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    if kind == "boolean":
        return cell.get("office:boolean-value") == "true"
    if kind == "date":
        return datetime.fromisoformat(cell.get("office:date-value", ""))
    return text or None
