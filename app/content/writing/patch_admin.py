"""Patches: one field of what is live, where the hunt is written in Airtable or a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content.cell_forms import normal_value
from app.content.effects import Effects
from app.content.faults import ContentFaulty, Fault
from app.content.fields import FIELDS, HASHED, TableField, field_of
from app.content.live_patches import (
    LiveRecord,
    PatchRefused,
    drop_patch,
    is_written_here,
    keep_patch,
    live_record,
    live_source,
    make_patch,
)
from app.content.patches import patchable_fields, quoted
from app.content.preparation import TakesAway, agreeing_to
from app.content.queries import PatchLine, read_patches
from app.content.writing.admin import MOST_TYPED, PICKED, Answer, record_url
from app.content.writing.answers import with_answers
from app.content.writing.forms import field_alone, fingerprint, typed_answers, typed_record
from app.content.writing.labels import TABLE_NAMES, label_of, table_called
from app.content.writing.pages import options_of
from app.content.writing.queries import StoredRecord
from app.content.writing.records import outline_of
from app.core.text import sentence
from app.errors import NotFound
from app.web.access import role, takes_files, takes_lists
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.visit import our_team, ports, visit

CHANGED_MEANWHILE = sentence(
    "Somebody changed this field while you were typing. This is what’s live now; yours is not."
)
LOSSES = sentence("Nothing was changed yet: teams would lose something. Confirm it below.")
FAULTS = sentence("Nothing was changed: fix this first.")


@admin.get("/write/patches")
@role("writer")
def patches() -> str:
    return _show_patches()


@admin.post("/write/patches/<int:number>/drop")
@role("writer")
def drop_one_patch(number: int) -> Answer:
    agreed = request.form.get("agreed", "")
    try:
        version = drop_patch(
            ports().for_content, ports().hasher, number, agreeing_to(agreed), our_team().name,
            visit().address,
        )  # fmt: skip
    except TakesAway as losses:
        return _show_patches(LOSSES, losing=number, effects=losses.effects), 409
    except ContentFaulty as faulty:
        return _show_patches(FAULTS, faults=faulty.faults), 409
    except PatchRefused as refused:
        return _show_patches(refused.message), 409
    if version is None:
        return done(sentence("Patch dropped."), "patches")
    return done(sentence("Patch dropped. Version %(version)s is live.", version=version), "patches")


@admin.post("/write/patches/<int:number>/keep")
@role("writer")
def keep_one_patch(number: int) -> BaseResponse:
    keep_patch(ports().for_content, number, our_team().name, visit().address)
    return done(sentence("The patch stays, whatever the source says now. Restock again."), "patches")


@admin.get("/write/live/<table>/<record>")
@role("writer")
def edit_live(table: str, record: str) -> Answer:
    known = table_called(table)
    if known is None:
        raise NotFound
    if is_written_here(ports().database):
        return redirect(record_url(known, record), 303)
    return _show_form(live_record(ports().database, known, record), request.args.get("field", ""))


@admin.post("/write/live/<table>/<record>")
@role("writer")
@takes_files(MOST_TYPED)
@takes_lists(*PICKED)
def patch_live(table: str, record: str) -> Answer:
    known, name = table_called(table), request.form.get("field", "")
    field = field_of(known, name) if known else None
    if known is None or field is None:
        raise NotFound
    at = live_record(ports().database, known, record)
    changes, problem = _typed_changes(at, field)
    shown = {} if field.kind in HASHED else {name: changes.get(name)}
    if problem or request.form.get(f"seen.{name}", "") != fingerprint(_form_value(at, field)):
        return _show_form(at, name, problem or CHANGED_MEANWHILE, shown=shown if problem else {}), 409
    try:
        version = make_patch(
            ports().for_content, ports().hasher, at, changes, agreeing_to(request.form.get("agreed", "")),
            our_team().name, visit().address,
        )  # fmt: skip
    except TakesAway as losses:
        return _show_form(at, name, LOSSES, shown=shown, effects=losses.effects), 409
    except ContentFaulty as faulty:
        return _show_form(at, name, FAULTS, shown=shown, faults=faulty.faults), 400
    except PatchRefused as refused:
        return _show_form(at, name, refused.message, shown=shown), 409
    message = sentence("Live as version %(version)s. Restocks keep it.", version=version)
    return done(message, "edit_live", table=known.lower(), record=record)


def _typed_changes(at: LiveRecord, field: TableField) -> tuple[dict[str, Any], str]:
    form, stored = request.form, dict(at.record.fields)
    if field.kind not in HASHED:
        zone = visit().settings.time_zone
        return {field.name: typed_record(at.table, form, stored, zone).get(field.name)}, ""
    typed = typed_answers(at.table, form)
    if field.name not in typed:
        return {}, sentence("Type an answer.")
    known = {name: at.cell(name) for name in (field.name, "Near") if at.cell(name)}
    made, problems = with_answers(ports().hasher, at.table, known, {field.name: typed[field.name]})
    names = (field.name, "Near") if field.kind == "answers" else (field.name,)
    return {name: made.get(name) for name in names}, problems.get(field.name, "")


def _form_value(at: LiveRecord, field: TableField) -> Any:
    return normal_value(field, at.cell(field.name))


def _show_form(
    at: LiveRecord, name: str, refusal: str = "", *, shown: Mapping[str, Any] | None = None,
    faults: tuple[Fault, ...] = (), effects: Effects | None = None,
) -> str:  # fmt: skip
    fields = {one.name: one for one in patchable_fields(at.table)}
    if name and name not in fields:
        raise NotFound
    values = {one.name: _form_value(at, one) for one in fields.values()}
    box = None
    if name:
        mine = [one for one in faults if (one.table, one.record_id) == (at.table, at.record.id)]
        typed = values | dict(shown or {})
        box = field_alone(at.table, fields[name], typed, visit().settings.time_zone, _options(at), mine)
        box = box._replace(seen=fingerprint(values[name]))
    return render_admin(
        "content/writing/live.html",
        "write",
        at=at,
        title=next((str(at.cell(one)) for one in ("Title", "Name", "Code") if at.cell(one)), at.record.id),
        table_name=TABLE_NAMES[at.table][0],
        box=box,
        lines=[
            (one.name, label_of(at.table, one.name), quoted(at.table, one.name, values[one.name]))
            for one in fields.values()
        ],
        patched={one.field for one in at.patches},
        refusal=refusal,
        faults=[one for one in faults if not (box and one.field == box.name and one.record_id == at.record.id)],
        effects=effects,
    )


def _options(at: LiveRecord) -> Mapping[str, Any]:
    source, _ = live_source(ports().database)
    records = []
    for table, found in source.tables.items():
        for one in found:
            fields = {field.name: normal_value(field, one.fields.get(field.name)) for field in FIELDS[table]}
            records.append(StoredRecord(table, one.id, outline_of(table, fields), 0, visit().now, ""))
    return options_of(records, at.table, at.record.id)


def _show_patches(
    refusal: str = "", *, losing: int = 0, effects: Effects | None = None, faults: tuple[Fault, ...] = ()
) -> str:
    lines = [_line(one) for one in read_patches(ports().database)]
    page = {"losing": losing, "effects": effects, "faults": faults, "refusal": refusal}
    return render_admin("content/writing/patches.html", "write", lines=lines, **page)


def _line(one: PatchLine) -> dict[str, Any]:
    source = one.fresh if one.has_fresh else one.base
    puzzle = visit().content.puzzle(one.record_id)
    return {
        "patch": one,
        "title": puzzle.title if puzzle else one.record_id,
        "field": label_of(one.table, one.field),
        "ours": quoted(one.table, one.field, one.value),
        "theirs": quoted(one.table, one.field, source),
        "url": url_for("admin.edit_live", table=one.table.lower(), record=one.record_id),
    }
