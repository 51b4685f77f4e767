"""Sheets of a spreadsheet to records: tables by the sheet's name, fields by the column's, links by slug or title."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.content.faults import Fault
from app.content.fields import FIELDS, HASHED, LINKS, TableField
from app.content.imports.columns import ANSWER, LEFT_OUT, Columns, ForeignSheet, heads_of, read_columns
from app.content.imports.incoming import Incoming
from app.content.imports.sheets import BadCell, CellSheet, SheetFile, column_letters
from app.content.sources.tables import TABLES, Source
from app.content.writing.records import fresh_id
from app.core.clean_text import clean_text, one_line
from app.core.moments import LocalTimeUnclear, read_moment
from app.core.spelling import folded, nearest
from app.core.text import sentence

GUIDE = "Read me"
# Names a record besides its id.
KEYS = {"Levels": "Slug", "Puzzles": "Slug", "Divisions": "Code", "Pages": "Slug"}
TITLES = {"Levels": "Title", "Puzzles": "Title", "Divisions": "Name", "Pages": "Title"}
MOST_EXACT = 10**15  # spreadsheets round longer numbers


@dataclass
class _Row:
    table: str
    id: str
    number: int
    values: dict[str, Any]
    columns: Mapping[str, int]

    def place(self, name: str = "") -> str:
        column = self.columns.get(ANSWER if name == "Solution" and ANSWER in self.columns else name)
        at = f"row {self.number}"
        return at if column is None else f"{at}, column {column_letters(column)}"


def read_spreadsheet(
    found: SheetFile,
    base: Source,
    zone: str,
    origin: str,
    names: Mapping[str, str] | None = None,
    sheets: Mapping[str, str] | None = None,
) -> Incoming:
    """``base``: records whose ids and answers are kept. ``names``: column → field; ``sheets``: sheet → table."""
    reader = _SheetReader(Incoming(origin), base, zone, names or {}, sheets or {})
    for note in found.notes:
        reader.incoming.no_place("", note)
    reader.read(found)
    return reader.incoming


@dataclass
class _SheetReader:
    incoming: Incoming
    base: Source
    zone: str
    names: Mapping[str, str]
    sheets: Mapping[str, str]
    rows: dict[str, list[_Row]] = field(default_factory=lambda: {name: [] for name in TABLES})
    targets: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def read(self, found: SheetFile) -> None:
        for sheet in found.sheets:
            table = self._table(sheet, is_only=len([one for one in found.sheets if one.rows]) == 1)
            if table and sheet.rows:
                self._read_sheet(table, sheet)
        self._expect_chosen(found)
        if not any(self.rows.values()):
            self._fault("", "", "", sentence("There is no sheet with records in it."))
            return
        if not self.rows["Levels"]:
            self._make_levels()
        for table in TABLES:
            self.targets[table] = self._known(table)
        for row in (row for rows in self.rows.values() for row in rows):
            self._add(row)
        self.incoming.assets |= self.base.assets

    # --- sheets and columns --------------------------------------------------------------------------------------

    def _table(self, sheet: CellSheet, *, is_only: bool) -> str:
        if not sheet.rows or folded(sheet.name) == folded(GUIDE):
            return LEFT_OUT
        by_fold = {folded(one): one for one in TABLES}
        known = by_fold.get(folded(sheet.name)) if sheet.name not in self.sheets else None
        if known:
            return known
        found = self.sheets.get(sheet.name, nearest(sheet.name, TABLES) or ("Puzzles" if is_only else LEFT_OUT))
        table = found if found in TABLES else LEFT_OUT
        heads = tuple(head for head in heads_of(sheet.rows[_first(sheet)]) if head)
        self.incoming.foreign_sheets.append(ForeignSheet(sheet.name, table, heads))
        if not table and self.sheets.get(sheet.name) != LEFT_OUT:
            self.incoming.no_place("", sentence("This sheet is no table and isn’t read."), sheet.name[:80])
        return table

    def _read_sheet(self, table: str, sheet: CellSheet) -> None:
        head = _first(sheet)
        columns = read_columns(table, sheet, head, self.names)
        self.incoming.foreign_columns += columns.foreign
        for name, words in columns.notes:
            self._note(table, name, words)
        for place, name, words in columns.faults:
            self._fault(table, f"row {head + 1}, column {column_letters(place)}", name, words)
        self._read_rows(table, sheet, head, columns)
        if table in ("Levels", "Puzzles") and "Unlocked" not in columns.places:
            words = sentence("There is no column Unlocked, so all are open.")
            self.incoming.no_place("Unlocked", words, table)
            for row in self.rows[table]:
                row.values["Unlocked"] = True
        if table in ("Levels", "Puzzles") and "Order" not in columns.places:
            # Rows of the same order are sorted by id, which is random.
            for place, row in enumerate(self.rows[table], 1):
                row.values.setdefault("Order", place)

    def _read_rows(self, table: str, sheet: CellSheet, head: int, columns: Columns) -> None:
        for number, cells in enumerate(sheet.rows[head + 1 :], head + 2):
            values = {name: cells[place] for name, place in columns.places.items() if place < len(cells)}
            for name, places in columns.parts.items():
                values[name] = "".join(str(cells[one] or "") for one in places if one < len(cells))
            if any(value not in (None, "", False) for name, value in values.items() if name != "id"):
                row = _Row(table, "", number, values, columns.places)
                row.id = self._id_of(row)
                self.rows[table].append(row)

    def _expect_chosen(self, found: SheetFile) -> None:
        heads = {
            (sheet.name, head) for sheet in found.sheets if sheet.rows for head in heads_of(sheet.rows[_first(sheet)])
        }
        known = {head for _, head in heads} | {f"{sheet}!{head}" for sheet, head in heads}
        for name in sorted(self.names.keys() - known):
            self._fault("", "", name, sentence("There is no column of this name in the file."))
        for name in sorted(self.sheets.keys() - {sheet.name for sheet in found.sheets}):
            self._fault("", "", name, sentence("There is no sheet of this name in the file."))

    # --- records -------------------------------------------------------------------------------------------------

    def _id_of(self, row: _Row) -> str:
        given = row.values.get("id")
        if not isinstance(given, bool) and isinstance(given, str | int | float) and _text(given).strip():
            return _text(given).strip()
        key = KEYS.get(row.table)
        slug = row.values.get(key) if key else None
        if slug:
            for record in self.base.records(row.table):
                if record.fields.get(str(key)) == slug:
                    return record.id
        return fresh_id()

    def _make_levels(self) -> None:
        named = dict.fromkeys(
            str(row.values["Level"]).strip()
            for row in self.rows["Puzzles"]
            if isinstance(row.values.get("Level"), str | int | float)
        )
        known = {str(record.fields.get("Title")): record.id for record in self.base.records("Levels")}
        for place, title in enumerate(named or {"Level 1": None}, 1):
            values = {"Title": title, "Order": place, "Unlocked": True}
            self.rows["Levels"].append(_Row("Levels", known.get(title) or fresh_id(), 0, values, {}))
        if not named:
            for row in self.rows["Puzzles"]:
                row.values.setdefault("Level", "Level 1")

    def _known(self, table: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for names in (("id",), (KEYS.get(table, ""),), (TITLES.get(table, ""),)):
            fresh: dict[str, list[str]] = {}
            for row in self.rows[table]:
                written = row.id if names == ("id",) else row.values.get(names[0])
                if isinstance(written, str | int | float) and not isinstance(written, bool) and str(written).strip():
                    fresh.setdefault(_text(written).strip().casefold(), []).append(row.id)
            found = fresh | found
        return found

    def _add(self, row: _Row) -> None:
        fields: dict[str, Any] = {}
        places = self.incoming.places
        places[row.table, row.id, ""] = row.place()
        for one in FIELDS[row.table]:
            places[row.table, row.id, one.name] = row.place(one.name)
            if one.kind not in HASHED and one.name in row.values:
                fields[one.name] = self._value(row, one, row.values[one.name])
        fields |= self._answers(row)
        self.incoming.add(row.table, row.id, fields)

    def _answers(self, row: _Row) -> dict[str, Any]:
        """Answers are set aside to be hashed; where none is typed, those of the record stay."""
        if row.table != "Puzzles":
            return {}
        kept = next((one.fields for one in self.base.records("Puzzles") if one.id == row.id), {})
        fields: dict[str, Any] = {}
        for one in (one for one in FIELDS["Puzzles"] if one.kind in HASHED):
            name = ANSWER if one.name == "Solution" and ANSWER in row.values else one.name
            text = self._answer(row, name, row.values.get(name))
            if text.strip():
                self.incoming.answers["Puzzles", row.id, one.name] = text
            elif one.name in kept:
                fields[one.name] = kept[one.name]
                if one.name == "Solution" and "Near" not in row.values:
                    fields["Near"] = kept.get("Near")
        return fields

    def _answer(self, row: _Row, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, BadCell | datetime | date | time | timedelta):
            self._refuse(row, name, value)
            return ""
        if isinstance(value, int | float) and abs(value) >= MOST_EXACT:
            self._wrong(
                row, name, sentence("Spreadsheets round so long a number. Format the cell as text and type it again.")
            )
            return ""
        return _text(value)

    # --- cells ---------------------------------------------------------------------------------------------------

    def _value(self, row: _Row, one: TableField, value: Any) -> Any:
        if isinstance(value, BadCell):
            self._refuse(row, one.name, value)
            return None
        if one.kind == "moment":
            return self._moment(row, one.name, value)
        if isinstance(value, datetime | date | time | timedelta):
            self._refuse(row, one.name, value)
            return None
        if one.kind in LINKS:
            return list(self._links(row, one, _text(value)))
        if one.kind in ("tick",):
            return value if isinstance(value, bool | None) else _text(value)
        if one.kind in ("order", "count"):
            return value if isinstance(value, int | float) and not isinstance(value, bool) else _number(_text(value))
        if one.kind == "files":
            return self._files(row, one.name, _text(value))
        return _text(value)

    def _refuse(self, row: _Row, name: str, value: Any) -> None:
        words = (
            value.why
            if isinstance(value, BadCell)
            else sentence("The spreadsheet made a date of this. Format the cell as text and type it again.")
        )
        self._wrong(row, name, words)

    def _moment(self, row: _Row, name: str, value: Any) -> Any:
        """A date of the spreadsheet is local in the hunt's zone."""
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        text = value.isoformat() if isinstance(value, datetime) else _text(value).strip()
        if not text:
            return None
        try:
            # A date alone is one of UTC in every source.
            if not isinstance(value, datetime) and len(text) == 10:
                return text
            at = read_moment(text, self.zone)
        except LocalTimeUnclear:
            self._wrong(row, name, sentence("A clock change skips or repeats this time. Add an offset such as +02:00."))
            return None
        except ValueError:
            return text
        if datetime.fromisoformat(text.replace("z", "Z")).tzinfo:
            return text
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _links(self, row: _Row, one: TableField, text: str) -> Iterator[str]:
        whole = self.targets[one.to].get(text.strip().casefold())
        names = [text] if whole else text.replace("\n", ",").replace(";", ",").split(",")
        for name in (name.strip() for name in names if name.strip()):
            found = self.targets[one.to].get(name.casefold(), [])
            if len(found) == 1:
                yield found[0]
            else:
                words = (
                    sentence("“%(name)s” could be several of %(table)s. Write its slug.", name=name[:60], table=one.to)
                    if found
                    else sentence("“%(name)s” is not in %(table)s.", name=name[:60], table=one.to)
                )
                self._wrong(row, one.name, words)

    def _files(self, row: _Row, name: str, text: str) -> list[Any]:
        found = []
        for line in (line.strip() for line in text.split("\n") if line.strip()):
            try:
                found.append(read_file_line(line))
            except (ValueError, RecursionError):
                self._wrong(row, name, sentence("This line is no address and no attachment."))
        return found

    # --- findings ------------------------------------------------------------------------------------------------

    def _wrong(self, row: _Row, name: str, words: str) -> None:
        title = one_line(clean_text(_text(row.values.get("Title"))))[:80]
        self.incoming.findings.fault(Fault(row.table, row.place(name), title, name, words))

    def _fault(self, table: str, place: str, name: str, words: str) -> None:
        self.incoming.findings.fault(Fault(table, place, "", name[:80], words))

    def _note(self, table: str, name: str, words: str) -> None:
        self.incoming.findings.warn(Fault(table, "row 1", "", name[:80], words))


def _first(sheet: CellSheet) -> int:
    return next((number for number, row in enumerate(sheet.rows) if row), 0)


def read_file_line(line: str) -> Any:
    """An address, or an attachment as JSON. Raises ValueError."""
    if line.startswith("{"):
        return json.loads(line)
    return {"url": line, "filename": line.removeprefix("asset:")} if line.startswith("asset:") else {"url": line}


def _text(value: Any) -> str:
    if value is None or isinstance(value, BadCell | bool):
        return "" if not value or isinstance(value, BadCell) else "TRUE"
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST_EXACT:
        return str(int(value))
    # The digits that a spreadsheet shows.
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _number(text: str) -> Any:
    written = text.strip()
    try:
        return int(written) if written.isascii() and len(written) < 12 else text
    except ValueError:
        return text
