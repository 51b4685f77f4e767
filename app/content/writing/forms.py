"""A record's form, built from the description of its fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict

from app.content.faults import Fault
from app.content.fields import FIELDS, HASHED, TableField
from app.content.parse.row import CellFaulty, as_text
from app.content.writing.answers import TypedAnswers, answer_problems
from app.content.writing.checks import SOME_HASH
from app.content.writing.labels import DERIVED, FOLDED, LAYOUT, hint_of, label_of
from app.content.writing.queries import StoredRecord
from app.content.writing.records import ids_in
from app.core.moments import LocalTimeUnclear, as_typed, is_plain, read_moment, with_offset
from app.core.spelling import is_empty
from app.core.text import sentence

MOST_SHOWN = 2_000
AGAIN = sentence("A clock change skips this time.")
TWICE = sentence("This time comes twice.")


class Option(NamedTuple):
    """``group``: heading in a long list."""

    value: str
    title: str
    group: str = ""


class FormField(NamedTuple):
    """``meanings``: of an ambiguous time; ``answers``: number stored."""

    name: str
    label: str
    hint: str
    kind: str
    value: str
    chosen: tuple[str, ...]
    options: tuple[Option, ...]
    seen: str
    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    meanings: tuple[tuple[str, str], ...] = ()
    answers: int = 0
    files: tuple[tuple[str, str], ...] = ()


class FormSection(NamedTuple):
    title: str
    fields: tuple[FormField, ...]
    is_folded: bool
    is_open: bool


class FieldDifference(NamedTuple):
    """A field that two editors changed: stored and typed value."""

    label: str
    stored: str
    typed: str


def typed_record(table: str, form: MultiDict[str, str], stored: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """Fields as typed. Answers stay as stored: see :func:`typed_answers`."""
    found = {one.name: _typed(one, form, stored, zone) for one in FIELDS[table]}
    return {name: value for name, value in found.items() if not is_empty(value)}


def typed_answers(table: str, form: MultiDict[str, str]) -> dict[str, TypedAnswers]:
    """Plain answers by field, for hashing only."""
    found = {}
    for one in FIELDS[table]:
        if one.kind in HASHED:
            text, is_gone = form.get(f"answer.{one.name}", ""), f"forget.{one.name}" in form
            if text.strip() or is_gone:
                found[one.name] = TypedAnswers(text, f"keep.{one.name}" in form and not is_gone)
    return found


def with_stand_ins(table: str, fields: Mapping[str, Any], typed: Mapping[str, TypedAnswers]) -> dict[str, Any]:
    """The record with placeholders for answers, to check it before hashing."""
    return dict(fields) | {name: SOME_HASH for name, one in typed.items() if not answer_problems(one.text)}


def _typed(one: TableField, form: MultiDict[str, str], stored: Mapping[str, Any], zone: str) -> Any:
    if one.kind in HASHED or one.name in DERIVED:
        return stored.get(one.name)
    if one.kind == "tick":
        return one.name in form
    if one.kind in ("one", "many", "codes"):
        return [value for value in form.getlist(one.name) if value]
    if one.kind == "files":
        return _typed_files(one.name, form, stored)
    text = form.get(one.name, "").replace("\r\n", "\n")
    if one.kind == "moment":
        return _typed_moment(form.get(f"meant.{one.name}") or text, zone)
    if one.kind in ("order", "count"):
        return number_or_text(text)
    return text


def number_or_text(text: str) -> int | float | str:
    written = text.strip()
    if written.isascii() and len(written) <= 12:
        for kind in (int, float):
            try:
                found = kind(written)
            except ValueError:
                continue
            if abs(found) < 10**12:  # no nan, no infinity
                return found
    return text


def _typed_moment(text: str, zone: str) -> str:
    """UTC; invalid or ambiguous input stays and shows its fault."""
    try:
        return read_moment(text.strip(), zone).astimezone(UTC).isoformat().replace("+00:00", "Z")
    except ValueError:
        return text


def _typed_files(name: str, form: MultiDict[str, str], stored: Mapping[str, Any]) -> list[Any]:
    there = stored.get(name) if isinstance(stored.get(name), list) else []
    kept = set(form.getlist(name))
    lines = (line.strip() for line in form.get(f"more.{name}", "").splitlines())
    return [one for one in there or [] if _file_key(one) in kept] + [{"url": line} for line in lines if line]


def _file_key(one: Any) -> str:
    return hashlib.sha256(json.dumps(one, sort_keys=True, default=str).encode()).hexdigest()[:16]


# --- what a form shows -----------------------------------------------------------------------------------------------


def sections_of(
    table: str, fields: Mapping[str, Any], zone: str, options: Mapping[str, tuple[Option, ...]],
    faults: Iterable[Fault] = (), warnings: Iterable[Fault] = (),
) -> tuple[FormSection, ...]:  # fmt: skip
    said = [(fault, True) for fault in faults] + [(fault, False) for fault in warnings]
    by_name = {one.name: one for one in FIELDS[table]}
    made = []
    for title, names in LAYOUT[table]:
        shown = tuple(_form_field(table, by_name[name], fields, zone, options, said) for name in names)
        is_open = any(one.faults or one.name in fields for one in shown if one.name not in ("Order", "Value"))
        made.append(FormSection(title, shown, title in FOLDED, is_open))
    return tuple(made)


def field_alone(
    table: str, one: TableField, fields: Mapping[str, Any], zone: str, options: Mapping[str, tuple[Option, ...]],
    faults: Iterable[Fault] = (),
) -> FormField:  # fmt: skip
    return _form_field(table, one, fields, zone, options, [(fault, True) for fault in faults])


def _form_field(
    table: str, one: TableField, fields: Mapping[str, Any], zone: str, options: Mapping[str, tuple[Option, ...]],
    said: list[tuple[Fault, bool]],
) -> FormField:  # fmt: skip
    value = fields.get(one.name)
    text, meanings, unclear = _shown(one, value, zone)
    mine = [(fault.message, is_fault) for fault, is_fault in said if fault.field == one.name]
    found = tuple(message for message, is_fault in mine if is_fault)
    return FormField(
        name=one.name,
        label=label_of(table, one.name),
        hint=hint_of(table, one.name),
        kind=_control(one, text),
        value=text,
        chosen=tuple(ids_in(value)) if one.kind in ("one", "many", "codes") else ("on",) if value is True else (),
        options=_with_gone(options.get(one.name, ()), value, one),
        seen=fingerprint(value),
        faults=(unclear,) if unclear else found,
        warnings=tuple(message for message, is_fault in mine if not is_fault),
        meanings=meanings,
        answers=len([line for line in str(value or "").split("\n") if line.strip()]) if one.kind in HASHED else 0,
        files=tuple((_file_key(item), _file_name(item)) for item in value)
        if one.kind == "files" and isinstance(value, list)
        else (),
    )


def _control(one: TableField, text: str) -> str:
    # A browser's field for local times is empty where it cannot show its value.
    return "line" if one.kind == "moment" and text and not is_plain(text) else one.kind


def _shown(one: TableField, value: Any, zone: str) -> tuple[str, tuple[tuple[str, str], ...], str]:
    if one.kind in HASHED or one.kind in ("tick", "files", "one", "many", "codes"):
        return "", (), ""
    try:
        text = as_text(value)
    except CellFaulty:
        text = json.dumps(value, ensure_ascii=False, default=str)[:MOST_SHOWN]
    if one.kind != "moment" or not text:
        return text, (), ""
    try:
        return as_typed(read_moment(text, "UTC" if not is_plain(text) else zone), zone), (), ""
    except LocalTimeUnclear as unclear:
        meanings = tuple((with_offset(at, zone), with_offset(at, zone)) for at in unclear.meanings)
        return text, meanings, AGAIN if unclear.is_skipped else TWICE
    except ValueError:
        return text, (), ""


def _with_gone(options: tuple[Option, ...], value: Any, one: TableField) -> tuple[Option, ...]:
    known = {option.value for option in options}
    if one.kind == "choice":
        gone = [value] if isinstance(value, str) and value and value not in one.options else []
        return (*(Option(each, each) for each in one.options), *(Option(each, each) for each in gone))
    return (*options, *(Option(each, each) for each in ids_in(value) if each not in known and each))


def _file_name(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)[:MOST_SHOWN]
    return str(item.get("filename") or item.get("url") or "")[:MOST_SHOWN]


# --- two editors -----------------------------------------------------------------------------------------------------


def fingerprint(value: Any) -> str:
    written = "" if is_empty(value) else json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def merged(
    table: str, stored: StoredRecord, typed: Mapping[str, Any], form: MultiDict[str, str]
) -> tuple[dict[str, Any], tuple[FieldDifference, ...]]:
    """Typed changes applied to what another editor stored, and fields that both changed."""
    fields, differences = dict(stored.fields), []
    for one in FIELDS[table]:
        seen, mine, theirs = form.get(f"seen.{one.name}", ""), typed.get(one.name), stored.fields.get(one.name)
        if one.kind in HASHED or one.name in DERIVED or fingerprint(mine) == seen:
            continue
        fields[one.name] = mine
        if fingerprint(theirs) not in (seen, fingerprint(mine)):
            differences.append(FieldDifference(label_of(table, one.name), _in_words(theirs), _in_words(mine)))
    return {name: value for name, value in fields.items() if not is_empty(value)}, tuple(differences)


def _in_words(value: Any) -> str:
    if is_empty(value):
        return ""
    return value[:MOST_SHOWN] if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:MOST_SHOWN]
