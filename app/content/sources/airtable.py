"""Airtable as a source. It is slow, so no page request calls it.

A view narrows the table Puzzles only; links to hidden puzzles are left to the parser. A failure becomes one of two
errors, without the token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from pyairtable import Api, Base

from app.content.faults import Fault
from app.content.sources.airtable_client import (
    TIMEOUT,
    AnsweredTooMuch,
    PoliteAdapter,
    RequestPace,
    TookTooLong,
    is_billing_limit,
)
from app.content.sources.airtable_schema import LINK_FIELDS, PLAIN_FIELDS, PlainField
from app.content.sources.airtable_ways import FieldType, as_written
from app.content.sources.tables import (
    MAX_RECORDS,
    OPTIONAL_TABLES,
    REQUIRED_TABLES,
    TABLES,
    Record,
    Source,
    SourceUnreadable,
    record_faults,
    to_records,
)
from app.core.clean_text import clean_text, one_line
from app.core.spelling import nearest

if TYPE_CHECKING:
    from pyairtable.models.schema import TableSchema

AIRTABLE = "https://api.airtable.com"
PAGE_SIZE = 100  # the most that Airtable gives at once
MAX_PAGES = 500
LISTINGS = 3  # how often a table's listing may be begun

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[!-~]*)?", re.ASCII)
_ITERATOR_LOST = "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"
_TABLE_UNKNOWN = frozenset({"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "MODEL_NOT_FOUND", "TABLE_NOT_FOUND"})


class AirtableUnavailable(SourceUnreadable):
    """Airtable did not answer correctly; it may later."""


class AirtableRefused(SourceUnreadable):
    """Airtable refuses until a setting, the base or the plan changes."""


class _TableAbsent(Exception):
    """The base has no such table, or hides it from the token."""


class _ListingBroken(Exception):
    """The pages of a listing do not match; begin again."""


@dataclass(frozen=True, slots=True)
class AirtableSettings:
    api_key: str = field(repr=False)
    base_id: str
    endpoint_url: str | None = None
    view: str | None = None


def fetch(settings: AirtableSettings, pace: RequestPace | None = None) -> Source:
    """All tables of the base. Raises :class:`AirtableUnavailable` or :class:`AirtableRefused`."""
    with _open_base(settings, pace) as base:
        tables = dict(_list_tables(base, settings))
        schema = _schema(base)
        warnings = tuple(_misnamed_tables(schema, [name for name in OPTIONAL_TABLES if name not in tables]))
        tables = as_written(tables, _field_types(schema), lambda table: _names_in(base, schema, table))
    origin = f"Airtable base {settings.base_id}"
    return Source(tables, origin=origin, view=settings.view or None, warnings=warnings)


def create_tables(settings: AirtableSettings, pace: RequestPace | None = None) -> list[str]:
    """Create what is missing; returns what was made. Raises as :func:`fetch`."""
    try:
        with _open_base(settings, pace) as base, _in_words("making the tables"):
            return [*_make_tables(base), *_make_links(base)]
    except _TableAbsent:
        raise AirtableRefused(
            f"There is no Airtable base {settings.base_id}, or the token in AIRTABLE_API_KEY may not change its tables."
            " It needs schema.bases:read and schema.bases:write."
        ) from None


@contextmanager
def _open_base(settings: AirtableSettings, pace: RequestPace | None) -> Iterator[Base]:
    if not _ID.fullmatch(settings.base_id):
        raise AirtableRefused("AIRTABLE_BASE_ID is not the id of a base. It looks like appXXXXXXXXXXXXXX.")
    if not re.fullmatch(r"[!-~]+", settings.api_key):
        raise AirtableRefused("AIRTABLE_API_KEY is not a token: it has no blanks, line breaks or foreign letters.")
    address = (settings.endpoint_url or AIRTABLE).rstrip("/")
    if not _ADDRESS.fullmatch(address):
        raise AirtableRefused("AIRTABLE_ENDPOINT_URL is not a complete web address.")
    api = Api(settings.api_key, timeout=TIMEOUT, retry_strategy=None, endpoint_url=address)
    adapter = PoliteAdapter(pace or RequestPace())
    api.session.mount("https://", adapter)
    api.session.mount("http://", adapter)
    api.session.max_redirects = 3
    with api.session:
        yield api.base(settings.base_id)


# --- reading ---------------------------------------------------------------------------------------------------------


def _list_tables(base: Base, settings: AirtableSettings) -> Iterator[tuple[str, tuple[Record, ...]]]:
    records = 0
    for name in REQUIRED_TABLES + OPTIONAL_TABLES:
        try:
            rows = _list_table(base, name, settings.view if name == "Puzzles" else None)
        except _TableAbsent:
            if name in REQUIRED_TABLES:
                raise AirtableRefused(_no_table(settings, name)) from None
            continue
        records += len(rows)
        if records > MAX_RECORDS:
            raise AirtableRefused(f"The Airtable base holds more than {MAX_RECORDS} records, which is no hunt.")
        yield name, rows


def _misnamed_tables(schema: Sequence[TableSchema], absent: list[str]) -> Iterator[Fault]:
    names = [table.name for table in schema]
    for name in names:
        meant = nearest(name, absent) if name not in TABLES else None
        if meant:
            words = f"“{name}” is no name of a table and is not read. Did you mean {meant}?"
            yield Fault("tables", "", "", one_line(clean_text(name))[:100], words)


def _list_table(base: Base, name: str, view: str | None) -> tuple[Record, ...]:
    for _ in range(LISTINGS):
        try:
            with _in_words(f"reading the table {name}", view):
                return to_records(_all_rows(base, name, view))
        except _ListingBroken:
            continue
    raise AirtableUnavailable(f"Airtable could not list the table {name} in one piece. Try again in a minute.")


def _all_rows(base: Base, name: str, view: str | None) -> list[Any]:
    rows: list[Any] = []
    seen: set[str] = set()
    options: dict[str, Any] = {"page_size": PAGE_SIZE} | ({"view": view} if view else {})
    for number, page in enumerate(base.table(name).iterate(**options), 1):
        ids = {str(row.get("id")) for row in page}
        # A repeated page would loop.
        if ids & seen or number > MAX_PAGES or len(rows) > MAX_RECORDS:
            raise _ListingBroken
        seen |= ids
        rows += page
    wrong = next(iter(record_faults(name, rows)), None)
    if wrong:
        raise AirtableUnavailable(f"Airtable answered with something that is no table. {wrong}")
    return rows


def _schema(base: Base) -> Sequence[TableSchema]:
    """Field types; empty if the token may not read them or Airtable is busy."""
    try:
        with _in_words("reading the fields"):
            return base.schema().tables
    except (SourceUnreadable, _TableAbsent, _ListingBroken):
        return ()


def _field_types(schema: Sequence[TableSchema]) -> dict[tuple[str, str], FieldType]:
    return {
        (table.name, one.name): FieldType(one.type, getattr(getattr(one, "options", None), "linked_table_id", "") or "")
        for table in schema
        for one in table.fields
    }


def _names_in(base: Base, schema: Sequence[TableSchema], table_id: str) -> dict[str, str]:
    table = next((one for one in schema if one.id == table_id), None)
    primary = next((one.name for one in table.fields if one.id == table.primary_field_id), "") if table else ""
    try:
        rows = _list_table(base, table_id, None) if primary else ()
    except (SourceUnreadable, _TableAbsent):
        return {}
    return {row.id: name for row in rows if isinstance(name := row.fields.get(primary), str)}


# --- making ----------------------------------------------------------------------------------------------------------


def _make_tables(base: Base) -> Iterator[str]:
    known = {table.name: table for table in base.schema().tables}
    for name, fields in PLAIN_FIELDS.items():
        if name in known:
            yield from _add_fields(base, known[name], fields)
        else:
            base.create_table(name, [one.as_json for one in fields])
            yield f"Made the table {name} with {len(fields)} fields."


def _add_fields(base: Base, table: TableSchema, fields: tuple[PlainField, ...]) -> Iterator[str]:
    present = {one.name for one in table.fields}
    for one in (one for one in fields if one.name not in present):
        base.table(table.id).create_field(one.name, one.kind, options=one.options)
        yield f"Added the field {one.name} to {table.name}."


def _make_links(base: Base) -> Iterator[str]:
    known = {table.name: table for table in base.schema(force=True).tables}
    for link in LINK_FIELDS:
        if not any(one.name == link.name for one in known[link.table].fields):
            options = {"linkedTableId": known[link.to].id}
            base.table(known[link.table].id).create_field(link.name, "multipleRecordLinks", options=options)
            yield f"Linked {link.table} to {link.to} by the field {link.name}."


# --- what went wrong, in words ---------------------------------------------------------------------------------------


_TROUBLES: tuple[tuple[tuple[type[Exception], ...], type[SourceUnreadable], str], ...] = (
    ((TookTooLong,), AirtableUnavailable, "Airtable took too long while {doing}."),
    ((AnsweredTooMuch,), AirtableRefused, "Airtable sent more than a hunt can have while {doing}."),
    ((requests.Timeout,), AirtableUnavailable, "Airtable did not answer in time while {doing}."),
    (
        (requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema, requests.exceptions.InvalidURL),
        AirtableRefused,
        "AIRTABLE_ENDPOINT_URL is not a complete web address.",
    ),
    (
        (requests.exceptions.JSONDecodeError,),
        AirtableUnavailable,
        "Airtable answered something that is not JSON while {doing}.",
    ),
    ((requests.RequestException,), AirtableUnavailable, "Airtable could not be reached, or broke off, while {doing}."),
    # What pyairtable and pydantic raise when an answer has another shape than it should.
    (
        (ValueError, TypeError, AttributeError, KeyError, RecursionError),
        AirtableUnavailable,
        "Airtable answered something unknown while {doing}.",
    ),
)
_TROUBLE_TYPES = tuple(kind for kinds, _, _ in _TROUBLES for kind in kinds)


@contextmanager
def _in_words(doing: str, view: str | None = None) -> Iterator[None]:
    try:
        yield
    except requests.HTTPError as error:
        raise _refusal(error.response, doing, view) from None
    except _TROUBLE_TYPES as error:
        refused, sentence = next((kind, words) for kinds, kind, words in _TROUBLES if isinstance(error, kinds))
        raise refused(sentence.format(doing=doing)) from None


def _refusal(response: requests.Response, doing: str, view: str | None) -> Exception:
    status, kind = response.status_code, _error_type(response)
    if kind == _ITERATOR_LOST:
        return _ListingBroken()
    if status == 404 or (status == 403 and kind in _TABLE_UNKNOWN):
        return _TableAbsent()
    if status == 429 and is_billing_limit(response):
        return AirtableRefused(
            "The calls of this Airtable plan are used up for the month. Restock from a file instead."
        )
    if status == 429:
        return AirtableUnavailable(f"Airtable asked us again and again to wait while {doing}. Try later.")
    if status >= 500:
        return AirtableUnavailable(f"Airtable is in trouble (it answered {status}) while {doing}. Try later.")
    return AirtableRefused(_words_for(status, kind, doing, view))


def _words_for(status: int, kind: str, doing: str, view: str | None) -> str:
    if status == 401:
        return "Airtable does not know the token in AIRTABLE_API_KEY. Make a new one and set it."
    if status == 403:
        return f"The token in AIRTABLE_API_KEY lacks a permission for {doing}. It needs data.records:read on this base."
    if view and kind in ("VIEW_NAME_NOT_FOUND", "VIEW_NOT_FOUND", "INVALID_VIEW"):
        return f"The table Puzzles has no view “{view}”. Correct AIRTABLE_VIEW, or make that view."
    hint = f" Is the view “{view}” in AIRTABLE_VIEW right?" if view else ""
    return f"Airtable refused {doing} (it answered {status} {kind}).{hint}".replace(" )", ")")


def _error_type(response: requests.Response) -> str:
    """Airtable's error name: ``error``, ``error.type`` or in ``errors``."""
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return ""
    found = answer.get("error", answer.get("errors")) if isinstance(answer, dict) else None
    while isinstance(found, list | dict) and found:
        found = found[0] if isinstance(found, list) else found.get("type", found.get("error"))
    return re.sub(r"[^A-Z0-9_]", "", found)[:80] if isinstance(found, str) else ""


def _no_table(settings: AirtableSettings, name: str) -> str:
    return (
        f"The Airtable base {settings.base_id} has no table {name}, or the token in AIRTABLE_API_KEY may not read it."
        " Check AIRTABLE_BASE_ID and the token's bases; `hunt airtable-init` makes missing tables."
    )
