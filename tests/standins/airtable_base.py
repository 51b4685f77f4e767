"""The base behind the stand-in Airtable: tables, fields, views, records and open listings. Knows nothing of HTTP."""

from __future__ import annotations

import itertools
import secrets
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
LETTERS = string.ascii_letters + string.digits
CREATED = "2030-01-01T00:00:00.000Z"


class Refused(Exception):
    """An error as Airtable words it: a status, a type, and perhaps a message; without one the type stands bare."""

    def __init__(self, status: int, kind: str, message: str | None = None) -> None:
        super().__init__(kind)
        self.status = status
        self.body: dict[str, Any] = {"error": kind if message is None else {"type": kind, "message": message}}


NO_MODEL = "Invalid permissions, or the requested model was not found. Check that both your user and your token have the required permissions, and that the model names and/or ids are correct."  # noqa: E501


def new_id(prefix: str) -> str:
    """An id as Airtable makes them: three letters and fourteen more."""
    return prefix + "".join(secrets.choice(LETTERS) for _ in range(14))


@dataclass
class Table:
    """A table: its schema, its records, and its views as conditions on a record."""

    name: str
    fields: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    views: dict[str, Callable[[Row], bool]] = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("tbl"))

    @property
    def schema(self) -> dict[str, Any]:
        """The table as the metadata interface describes it."""
        views = [{"id": f"viw{number:014}", "name": name, "type": "grid"} for number, name in enumerate(self.views)]
        primary = self.fields[0]["id"] if self.fields else ""
        return {"id": self.id, "name": self.name, "primaryFieldId": primary, "fields": self.fields, "views": views}

    def field_named(self, name: str) -> dict[str, Any]:
        """A field by name or id; 422 for an unknown one."""
        for one in self.fields:
            if name in (one["name"], one["id"]):
                return one
        raise Refused(422, "UNKNOWN_FIELD_NAME", f'Unknown field name: "{name}"')

    def learn_fields(self, names: Iterable[str]) -> None:
        """Fields that records bring along, for bases that are loaded from a file."""
        known = {one["name"] for one in self.fields}
        for name in names:
            if name not in known:
                known.add(name)
                self.fields.append({"id": new_id("fld"), "name": name, "type": "singleLineText"})


@dataclass
class AirtableBase:
    """One base."""

    id: str = field(default_factory=lambda: new_id("app"))
    tables: list[Table] = field(default_factory=list)
    listings: dict[str, list[Row]] = field(default_factory=dict)

    def load(self, tables: Mapping[str, Iterable[Row]]) -> None:
        """Fill the base with the tables of a content file."""
        for name, rows in tables.items():
            made = Table(name, views={"Grid view": lambda row: True})
            for row in rows:
                cells = {key: value for key, value in row["fields"].items() if value not in (None, "", [], False)}
                made.rows[row["id"]] = {
                    "id": row["id"],
                    "createdTime": row.get("createdTime", CREATED),
                    "fields": cells,
                }
                made.learn_fields(cells)
            self.tables.append(made)

    def table(self, name: str) -> Table:
        """A table by name or id; 403 for an unknown one, as for one that the token may not see."""
        for one in self.tables:
            if name in (one.name, one.id):
                return one
        raise Refused(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", NO_MODEL)

    # --- listing -----------------------------------------------------------------------------------------------------

    def list_page(self, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """One page of records, and the offset of the next one if there is any."""
        table, size = self.table(name), _page_size(options.get("pageSize", 100))
        if options.get("filterByFormula"):
            raise Refused(422, "INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid")
        rows = self._rest(options["offset"]) if options.get("offset") else self._begin(table, options)
        page = {"records": [_shown(table, row, options) for row in rows[:size]]}
        if len(rows) > size:
            offset = f"{new_id('itr')}/{rows[size]['id']}"
            self.listings[offset] = rows[size:]
            page["offset"] = offset
        return page

    def _begin(self, table: Table, options: Mapping[str, Any]) -> list[Row]:
        view = options.get("view")
        if view and view not in table.views:
            raise Refused(422, "VIEW_NAME_NOT_FOUND", "View not found")
        rows = [row for row in table.rows.values() if not view or table.views[view](row)]
        for name, is_down in reversed(options.get("sort", [])):
            table.field_named(name)
            rows.sort(key=lambda row: str(row["fields"].get(name, "")), reverse=is_down)
        return rows[: int(options["maxRecords"])] if options.get("maxRecords") else rows

    def _rest(self, offset: str) -> list[Row]:
        if offset not in self.listings:
            raise Refused(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "The iterator is no longer available")
        return self.listings[offset]

    # --- records -----------------------------------------------------------------------------------------------------

    def row(self, name: str, record_id: str) -> Row:
        """One record; 404 for an unknown one."""
        table = self.table(name)
        if record_id not in table.rows:
            raise Refused(404, "NOT_FOUND")
        return table.rows[record_id]

    def write(self, name: str, records: Any, *, is_new: bool, replaces: bool = False) -> dict[str, Any]:
        """Create or change up to ten records."""
        table = self.table(name)
        if not isinstance(records, list) or not 0 < len(records) <= 10:
            raise Refused(422, "INVALID_REQUEST_BODY", "You must provide an array of up to 10 record objects")
        for key in itertools.chain.from_iterable(record.get("fields", {}) for record in records):
            table.field_named(key)
        return {"records": [self._written(table, record, is_new=is_new, replaces=replaces) for record in records]}

    def _written(self, table: Table, record: Row, *, is_new: bool, replaces: bool) -> Row:
        if is_new:
            row: Row = {"id": new_id("rec"), "createdTime": CREATED, "fields": {}}
            table.rows[row["id"]] = row
        else:
            row = self.row(table.name, record["id"])
        cells = {} if replaces else dict(row["fields"])
        cells.update(record.get("fields", {}))
        row["fields"] = {key: value for key, value in cells.items() if value not in (None, "", [], False)}
        return row

    def delete(self, name: str, record_ids: list[str]) -> dict[str, Any]:
        """Delete records."""
        for record_id in record_ids:
            self.row(name, record_id)
            del self.table(name).rows[record_id]
        return {"records": [{"id": record_id, "deleted": True} for record_id in record_ids]}

    # --- schema ------------------------------------------------------------------------------------------------------

    def make_table(self, body: Mapping[str, Any]) -> Table:
        """A new table with its fields; the first is the primary one and must be a plain text or number."""
        name, fields = body.get("name"), body.get("fields")
        if not isinstance(name, str) or not isinstance(fields, list) or not fields:
            raise Refused(422, "INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed")
        if any(one.name.lower() == name.lower() for one in self.tables):
            raise Refused(422, "DUPLICATE_TABLE_NAME", f"Cannot create table with name {name}: it exists")
        if fields[0].get("type") in ("checkbox", "multipleRecordLinks", "multipleAttachments"):
            raise Refused(422, "INVALID_FIELD_TYPE_FOR_PRIMARY", "The first field cannot be the primary field")
        table = Table(name, views={"Grid view": lambda row: True})
        for one in fields:
            self._add_field(table, one)
        self.tables.append(table)
        return table

    def make_field(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new field; a link makes its other side in the linked table, unless that is the same table."""
        return self._add_field(self.table(name), body)

    def _add_field(self, table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
        name, kind, options = body.get("name"), body.get("type"), dict(body.get("options") or {})
        if not isinstance(name, str) or not isinstance(kind, str):
            raise Refused(422, "INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed")
        if any(one["name"].lower() == name.lower() for one in table.fields):
            raise Refused(422, "DUPLICATE_OR_EMPTY_FIELD_NAME", f"Field {name} exists already")
        made: dict[str, Any] = {"id": new_id("fld"), "name": name, "type": kind}
        if kind == "multipleRecordLinks":
            made["options"] = self._linked(table, made["id"], options)
        elif (kind in NEEDS_OPTIONS) != bool(options):
            raise Refused(422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", f"Invalid options for {name}")
        elif options:
            made["options"] = options
        table.fields.append(made)
        return made

    def _linked(self, table: Table, field_id: str, options: dict[str, Any]) -> dict[str, Any]:
        target = self.table(options.get("linkedTableId", ""))
        whole = {"linkedTableId": target.id, "isReversed": False, "prefersSingleRecordLink": False}
        if target is table:
            return whole
        names = {one["name"].lower() for one in target.fields}
        number = next(
            n for n in itertools.count(1) if (table.name if n == 1 else f"{table.name} {n}").lower() not in names
        )
        name = table.name if number == 1 else f"{table.name} {number}"
        back = {"linkedTableId": table.id, "isReversed": False, "prefersSingleRecordLink": False}
        other = {"id": new_id("fld"), "name": name, "type": "multipleRecordLinks"}
        target.fields.append({**other, "options": {**back, "inverseLinkFieldId": field_id}})
        return {**whole, "inverseLinkFieldId": other["id"]}


NEEDS_OPTIONS = frozenset({"checkbox", "number", "dateTime", "singleSelect", "multipleSelects"})


def _page_size(value: Any) -> int:
    try:
        size = int(value)
    except (TypeError, ValueError):
        size = 0
    if not 1 <= size <= 100:
        raise Refused(422, "INVALID_PAGE_SIZE_ARGUMENT", "pageSize must be a number between 1 and 100")
    return size


def _shown(table: Table, row: Row, options: Mapping[str, Any]) -> Row:
    wanted = [table.field_named(name)["name"] for name in options.get("fields", [])]
    cells = {key: value for key, value in row["fields"].items() if not wanted or key in wanted}
    if options.get("returnFieldsByFieldId"):
        cells = {table.field_named(key)["id"]: value for key, value in cells.items()}
    return {**row, "fields": cells}
