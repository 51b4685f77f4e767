"""Pages that take in a hunt from a file; the tables as a workbook."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flask import Response, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content.faults import Fault
from app.content.imports import run as runs
from app.content.imports.archive import MEGABYTE, MOST_BYTES, ImportRefused, expect_size
from app.content.imports.columns import choices as fields_of
from app.content.imports.reading import KINDS, base_of
from app.content.imports.run import NOT_REPLACED, Choices, ImportGone, ImportRun, ImportRunning
from app.content.imports.workbook import write_workbook
from app.content.sources.tables import TABLES
from app.content.staging import new_id
from app.content.writing import queries
from app.content.writing.labels import TABLE_NAMES, label_of
from app.core.text import counted, sentence
from app.web.access import role, takes_files
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.header_values import file_disposition
from app.web.languages import told
from app.web.visit import our_team, ports, sent_file, visit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KIND_NAMES = {
    "": sentence("Detect it"),
    "spreadsheet": sentence("Spreadsheet: XLSX, ODS or CSV"),
    "ctfd": "CTFd",
    "puzzlespring": "puzzlespring",
    "gph": "gph-site",
}
ENDS = {
    "lost": sentence("The process that worked on it has stopped. Nothing was changed."),
    "cancelled": sentence("Cancelled. Nothing was changed."),
}
EMPTY = sentence("Choose a file first.")
Answer = BaseResponse | tuple[str, int]


@admin.get("/write/spreadsheet")
@role("writer")
def export_spreadsheet() -> Response:
    response = make_response(ports().offload(write_workbook, base_of(ports().database)))
    response.headers["Content-Type"] = XLSX
    response.headers["Content-Disposition"] = file_disposition("hunt", "xlsx")
    return response


@admin.get("/write/import")
@role("writer")
def ask_import() -> str:
    return _show_form()


@admin.post("/write/import")
@role("writer")
@takes_files(MOST_BYTES + 64 * 1024, "file")
def import_writing() -> Answer:
    filename, raw = sent_file("file", MOST_BYTES)
    kind, id = request.form.get("kind", ""), new_id()
    choices = Choices(kind if kind in KINDS else "", fills=_fills(), replaces=_replaces())
    try:
        if not raw:
            raise ImportRefused(EMPTY)
        expect_size(raw)
        _expect_consent(choices)
        runs.start_import(ports().for_import, id, raw, filename, choices, our_team().name, visit().address)
    except (ImportRefused, ImportRunning) as refused:
        return _show_form(str(refused)), 400
    return redirect(url_for("admin.show_import", id=id), 303)


@admin.get("/write/import/progress")
@role("writer")
def import_progress() -> Response:
    run = runs.latest_import(ports().database, ports().clock)
    if run is None:
        return jsonify(state="none", step="", done=0, total=0)
    return jsonify(state=run.state, step=told(run.step_in_words), done=run.done, total=run.total)


@admin.get("/write/import/<id>")
@role("writer")
def show_import(id: str) -> str:
    return _show_run(_run(id))


@admin.post("/write/import/<id>")
@role("writer")
def continue_import(id: str) -> Answer:
    run = _run(id)
    if request.form.get("act") == "cancel":
        runs.cancel(ports().for_import, id, our_team().name, visit().address)
        return done(ENDS["cancelled"], "ask_import")
    choices = _choices(run)
    try:
        _expect_consent(choices)
        runs.go_on(ports().for_import, id, choices, our_team().name, visit().address)
    except (ImportRefused, ImportRunning) as refused:
        return _show_run(run, str(refused)), 400
    return redirect(url_for("admin.show_import", id=id), 303)


# --- the forms -------------------------------------------------------------------------------------------------------


def _fills() -> bool:
    return request.form.get("act") == "fill"


def _replaces() -> bool:
    return request.form.get("replace") == "yes"


def _expect_consent(choices: Choices) -> None:
    # The run looks again before it replaces anything.
    if choices.fills and not choices.replaces and queries.read_outlines(ports().database):
        raise ImportRefused(NOT_REPLACED)


def _choices(run: ImportRun) -> Choices:
    sheets, columns = runs.foreign_of(ports().for_import, run)
    tables = {one.name: _chosen(f"sheet.{place}", one.table, TABLES) for place, one in enumerate(sheets)}
    names = {one.key: _chosen(f"column.{place}", one.field, fields_of(one.table)) for place, one in enumerate(columns)}
    before = run.choices
    return Choices(before.kind, {**before.columns, **names}, {**before.sheets, **tables}, _fills(), _replaces())


def _chosen(name: str, before: str, known: Iterable[str]) -> str:
    sent = request.form.get(name, before)
    return sent if sent in known else ""


# --- pages -----------------------------------------------------------------------------------------------------------


def _run(id: str) -> ImportRun:
    run = runs.latest_import(ports().database, ports().clock)
    if run is None or run.id != id:
        raise ImportGone
    return run


def _show_form(refusal: str = "") -> str:
    run = runs.latest_import(ports().database, ports().clock)
    waiting = run if run and run.state in ("running", "checked", "refused") else None
    return render_admin(
        "content/imports/import.html",
        "write",
        refusal=refusal,
        waiting=waiting,
        kinds=KIND_NAMES,
        kind=request.form.get("kind", ""),
        most=MOST_BYTES // MEGABYTE,
    )


def _show_run(run: ImportRun, refusal: str = "") -> str:
    sheets, columns = runs.foreign_of(ports().for_import, run)
    records = len(queries.read_outlines(ports().database))
    return render_admin(
        "content/imports/run.html",
        "write",
        run=run,
        problem=refusal or run.problem or ENDS.get(run.state, ""),
        faults=[_placed(one) for one in run.faults],
        noted=[_placed(one) for one in run.noted],
        counts=[(TABLE_NAMES[table][0], count) for table, count in run.counts.items()],
        sheets=sheets,
        columns=columns,
        tables=[(table, names[0]) for table, names in TABLE_NAMES.items()],
        fields_of=fields_of,
        label_of=label_of,
        records=records,
        held=counted("%(count)s record", "%(count)s records", records),
    )


def _placed(fault: Fault) -> Fault:
    where = [one for one in (fault.record_title, fault.record_id) if one]
    return replace(fault, record_title=", ".join(where))
