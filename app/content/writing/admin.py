"""Lists and forms of the site's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, jsonify, make_response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content.admin import MEGABYTE
from app.content.drafts import TextPreview, preview
from app.content.fields import FIELDS
from app.content.queries import read_patches
from app.content.writing import queries
from app.content.writing.answers import with_answers
from app.content.writing.checks import check_record
from app.content.writing.forms import (
    FieldDifference,
    merged,
    number_or_text,
    sections_of,
    typed_answers,
    typed_record,
    with_stand_ins,
)
from app.content.writing.labels import NEW_NAMES, TABLE_NAMES, label_of, table_called
from app.content.writing.pages import (
    defaults_of,
    groups_of,
    options_of,
    overview,
    related_lists,
    title_of_record,
)
from app.content.writing.queries import StoredRecord
from app.content.writing.records import (
    FRESH_ID,
    RecordChanged,
    delete,
    dependents_of,
    duplicate,
    find_record,
    fresh_id,
    reorder,
    save,
)
from app.content.writing.tables import RESERVED_ID
from app.content.writing.tested import tallies_of
from app.core.hunt_settings import checked_value
from app.core.puzzle_tests import CLEAN_NEEDED
from app.core.setting_faults import SettingInvalid
from app.core.text import counted, sentence
from app.errors import NotFound
from app.web.access import role, takes_files, takes_lists
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.languages import told
from app.web.visit import our_team, ports, visit

# Several texts far longer than a puzzle may be: what is too long is kept as typed, and its fault says so.
MOST_TYPED = 8 * MEGABYTE
PICKED = ("Level", "Prereq", "Meta", "Puzzle", "FinalPuzzle", "Divisions", "Attachments")
SAVED = sentence("Saved. Teams see it after “Put live”.")
CHANGED = sentence("Somebody else changed this since you opened it. Nothing of yours is saved yet.")
DELETED = sentence("Somebody deleted this since you opened it. Save to bring it back.")
Answer = str | BaseResponse | tuple[str, int]


class OpenRecord(NamedTuple):
    table: str
    id: str
    fields: Mapping[str, Any]
    revision: int
    stored: StoredRecord | None = None


@admin.get("/write")
@role("writer")
def write() -> str:
    outlines = queries.read_outlines(ports().database)
    page = {"tables": overview(outlines), "is_empty": not outlines, "files": queries.list_assets(ports().database)}
    lines = read_patches(ports().database)
    page |= {"patches": len(lines), "undecided": any(one.has_fresh for one in lines)}
    return render_admin("content/writing/tables.html", "write", **page)


@admin.get("/write/<table>")
@role("writer")
def write_table(table: str) -> str:
    known, words = _table(table), request.args.get("q", "")[:200]
    outlines = queries.read_outlines(ports().database)
    tests = tallies_of(ports().database, visit().content) if known == "Puzzles" else {}
    wanted = {record for record, one in tests.items() if one.needs_tests}
    is_filtered = bool(tests) and request.args.get("tests") == "needed"
    if is_filtered:
        outlines = [one for one in outlines if one.table != known or one.id in wanted]
    page: dict[str, Any] = {"table": known, "name": TABLE_NAMES[known][0], "new_name": NEW_NAMES[known]}
    page |= {
        "words": words,
        "tests": tests,
        "untested": len(wanted),
        "is_filtered": is_filtered,
        "needed": CLEAN_NEEDED,
    }
    page |= {"live": {one.id for one in visit().content.puzzles}}
    return render_admin("content/writing/table.html", "write", groups=groups_of(outlines, known, words), **page)


@admin.post("/write/<table>")
@role("writer")
@takes_files(MEGABYTE)
def order_table(table: str) -> BaseResponse:
    known, prefix = _table(table), "order."
    wanted = {
        name.removeprefix(prefix): number_or_text(text)
        for name, text in request.form.items()
        if name.startswith(prefix)
    }
    count = reorder(ports().database, ports().clock, known, wanted, our_team().name, visit().address)
    moved = counted("%(count)s place changed.", "%(count)s places changed.", count)
    return done(moved if count else sentence("Nothing was changed."), "write_table", table=known.lower())


@admin.get("/write/<table>/<record>")
@role("writer")
def write_record(table: str, record: str) -> str:
    return _show(_open(_table(table), record))


@admin.post("/write/<table>/<record>")
@role("writer")
@takes_files(MOST_TYPED)
@takes_lists(*PICKED)
def save_record(table: str, record: str) -> Answer:
    at = _sent(_table(table), record)
    if at.revision != (at.stored.revision if at.stored else 0):
        return _conflict(at)
    fields, problems = with_answers(ports().hasher, at.table, at.fields, typed_answers(at.table, request.form))
    record_id, by, where = at.id, our_team().name, visit().address
    try:
        save(ports().database, ports().clock, at.table, at.id, at.revision, fields, by, where)
    except RecordChanged:
        at = _sent(at.table, record)
        if at.stored is None or not _is_sent_twice(at):
            return _conflict(at)
    if problems:
        name, words = next(iter(problems.items()))
        message = sentence("Saved, but for “%(field)s”: %(why)s", field=told(label_of(at.table, name)), why=told(words))
        return done(message, "write_record", table=at.table.lower(), record=record_id)
    return done(SAVED, "write_record", table=at.table.lower(), record=record_id)


@admin.post("/write/<table>/<record>/check")
@role("writer")
@takes_files(MOST_TYPED)
@takes_lists(*PICKED)
def check_typed(table: str, record: str) -> Response:
    at = _sent(_table(table), record)
    fields = with_stand_ins(at.table, at.fields, typed_answers(at.table, request.form))
    outlines = queries.read_outlines(ports().database)
    found = check_record(outlines, at.table, at.id, fields, _asset_paths().get)
    seen = _preview(at)
    return jsonify(
        faults=[{"field": one.field, "message": one.message} for one in found.faults],
        warnings=[{"field": one.field, "message": one.message} for one in found.warnings],
        texts=dict(seen.texts),
        css=seen.css,
    )


@admin.get("/write/<table>/<record>/style.css")
@role("writer")
def record_style(table: str, record: str) -> Response:
    response = make_response(_preview(_open(_table(table), record)).css)
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    return response


@admin.post("/write/<table>/<record>/duplicate")
@role("writer")
def duplicate_record(table: str, record: str) -> BaseResponse:
    known = _table(table)
    copied = duplicate(ports().database, ports().clock, known, record, our_team().name, visit().address)
    return done(sentence("This is the copy."), "write_record", table=known.lower(), record=copied)


@admin.get("/write/<table>/<record>/delete")
@role("writer")
def ask_delete(table: str, record: str) -> str:
    return _ask_delete(_table(table), record)


@admin.post("/write/<table>/<record>/delete")
@role("writer")
def delete_record(table: str, record: str) -> Answer:
    known, agreed = _table(table), request.form.get("agreed", "")
    try:
        count = delete(
            ports().database, ports().clock, known, record, _revision(), agreed, our_team().name, visit().address
        )  # fmt: skip
    except RecordChanged as changed:
        return _ask_delete(known, record, changed.message), 409
    message = counted("%(count)s record deleted.", "%(count)s records deleted.", count)
    return done(message, "write_table", table=known.lower())


# --- pieces ----------------------------------------------------------------------------------------------------------


def _table(name: str) -> str:
    found = table_called(name)
    if found is None:
        raise NotFound
    return found


def _open(table: str, record: str) -> OpenRecord:
    stored = queries.find(ports().database, table, record)
    if stored is not None:
        return OpenRecord(table, record, stored.fields, stored.revision, stored)
    if record != RESERVED_ID:
        find_record(ports().database, table, record)
    return OpenRecord(table, record, defaults_of(queries.read_outlines(ports().database), table, request.args), 0)


def _sent(table: str, record: str) -> OpenRecord:
    """The record as the form has it. A new one brings its id along: sent twice, it is added once."""
    fresh, is_new = request.form.get("fresh", ""), record == RESERVED_ID
    if is_new:
        record = fresh if FRESH_ID.fullmatch(fresh) else fresh_id()
    stored, revision = queries.find(ports().database, table, record), _revision()
    if is_new and stored is not None and (stored.revision, stored.changed_by) == (1, our_team().name):
        revision = 1
    # Times are meant in the zone that the form was shown in.
    zone = _zone(request.form.get("shown.time_zone", ""))
    typed = typed_record(table, request.form, stored.fields if stored else {}, zone)
    return OpenRecord(table, record, typed, revision, stored)


def _zone(name: str) -> str:
    try:
        return checked_value("time_zone", name or visit().settings.time_zone)
    except SettingInvalid:
        return visit().settings.time_zone


def _is_sent_twice(at: OpenRecord) -> bool:
    if at.stored is None or at.revision != at.stored.revision:
        return False
    return all(at.fields.get(one.name) == at.stored.fields.get(one.name) for one in FIELDS[at.table])


def _conflict(at: OpenRecord) -> tuple[str, int]:
    if at.stored is None:
        return _show(at._replace(revision=0), DELETED), 409
    fields, differences = merged(at.table, at.stored, at.fields, request.form)
    return _show(at._replace(fields=fields, revision=at.stored.revision), CHANGED, differences), 409


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _show(at: OpenRecord, conflict: str = "", differences: tuple[FieldDifference, ...] = ()) -> str:
    outlines, zone = queries.read_outlines(ports().database), visit().settings.time_zone
    is_new = at.stored is None and at.id == RESERVED_ID
    found = check_record(outlines, at.table, at.id, at.fields, _asset_paths().get)
    # An empty form is not covered with what is missing.
    faults, warnings = ((), ()) if is_new else (found.faults, found.warnings)
    options = options_of(outlines, at.table, at.id)
    named = StoredRecord(at.table, at.id, at.fields, 0, visit().now, "")
    return render_admin(
        "content/writing/record.html",
        "write",
        at=at,
        is_new=is_new,
        fresh=fresh_id() if is_new else "",
        name=NEW_NAMES[at.table] if is_new else title_of_record(named),
        table_name=TABLE_NAMES[at.table][0],
        sections=sections_of(at.table, at.fields, zone, options, faults, warnings),
        faults=[(told(label_of(at.table, one.field)), one) for one in faults],
        warnings=[(told(label_of(at.table, one.field)), one) for one in warnings],
        related=related_lists(outlines, at.table, at.id) if at.stored else (),
        names=TABLE_NAMES,
        new_names=NEW_NAMES,
        preview=_preview(at),
        conflict=conflict,
        differences=differences,
    )


def _preview(at: OpenRecord) -> TextPreview:
    paths = {name: f"/admin/write/files/{path.rpartition('/')[2]}" for name, path in _asset_paths().items()}
    return preview(at.table, at.id, at.fields, paths.get, _picture_url)


def _picture_url(address: str, owner: str) -> str:
    # Of no record yet, so under nobody's lock; the address is the writer's own.
    prox = ports().prox
    return prox.path_of("", address) if prox else address


def _asset_paths() -> dict[str, str]:
    return {one.name: one.path for one in queries.list_assets(ports().database)}


def _ask_delete(table: str, record: str, refusal: str = "") -> str:
    outlines = queries.read_outlines(ports().database)
    stored = next((one for one in outlines if (one.table, one.id) == (table, record)), None)
    if stored is None:
        find_record(ports().database, table, record)
        raise NotFound
    found = dependents_of(outlines, table, record)
    page = {"stored": stored, "name": title_of_record(stored), "title_of_record": title_of_record, "names": TABLE_NAMES}
    return render_admin("content/writing/delete.html", "write", found=found, label=label_of, refusal=refusal, **page)


def record_url(table: str, record_id: str) -> str:
    return url_for("admin.write_record", table=table.lower(), record=record_id)
