"""Page that takes in a hunt from a file; the tables as a workbook."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Response, make_response, request
from werkzeug.wrappers import Response as BaseResponse

from app.content.faults import ContentFaulty, Fault
from app.content.imports.archive import MEGABYTE, MOST_BYTES, ImportRefused
from app.content.imports.incoming import Checked, check, hashed
from app.content.imports.reading import KINDS, ImportFile, base_of, read_import
from app.content.imports.workbook import write_workbook
from app.content.writing import queries
from app.content.writing.labels import TABLE_NAMES
from app.content.writing.tables import replace_tables
from app.core.text import counted, sentence
from app.web.access import role, takes_files
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.header_values import file_disposition
from app.web.visit import our_team, ports, sent_file, visit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KIND_NAMES = {
    "": sentence("The file tells"),
    "spreadsheet": sentence("Spreadsheet: XLSX, ODS or CSV"),
    "ctfd": "CTFd",
    "puzzlespring": "puzzlespring",
    "gph": "gph-site",
}
NOT_REPLACED = sentence("Nothing was replaced: these tables hold records. Tick the box if that is meant.")
Answer = str | BaseResponse | tuple[str, int]


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
    return _show()


@admin.post("/write/import")
@role("writer")
@takes_files(MOST_BYTES + 64 * 1024, "file")
def import_writing() -> Answer:
    is_dry = request.form.get("act") != "fill"
    if not is_dry and request.form.get("replace") != "yes" and queries.read_outlines(ports().database):
        return _show(NOT_REPLACED), 400
    kind, zone = request.form.get("kind", ""), visit().settings.time_zone
    filename, raw = sent_file("file", MOST_BYTES)
    asked = ImportFile(raw, filename, base_of(ports().database), zone, kind if kind in KINDS else "")
    try:
        incoming = ports().offload(read_import, asked)
    except ImportRefused as refused:
        return _show(refused.args[0]), 400
    checked = check(incoming, partial(ports().clock.sleep, 0))
    if is_dry or checked.faults:
        return _show(checked=checked), 400 if checked.faults else 200
    try:
        source = hashed(incoming, ports().hasher, ports().clock)
        replace_tables(ports().database, ports().clock, source, our_team().name, visit().address)
    except ContentFaulty as faulty:
        return _show(checked=Checked(checked.source, faulty.faults, faulty.warnings)), 400
    return done(sentence("The tables are filled. Teams see it after “Put live”."), "write")


def _show(refusal: str = "", checked: Checked | None = None) -> str:
    records = len(queries.read_outlines(ports().database))
    counts = [(TABLE_NAMES[table][0], count) for table, count in checked.counts.items()] if checked else []
    return render_admin(
        "content/imports/import.html",
        "write",
        refusal=refusal,
        faults=[_placed(one) for one in checked.faults] if checked else [],
        noted=[_placed(one) for one in checked.noted] if checked else [],
        is_checked=checked is not None,
        counts=counts,
        kinds=KIND_NAMES,
        kind=request.form.get("kind", ""),
        most=MOST_BYTES // MEGABYTE,
        records=records,
        held=counted("%(count)s record", "%(count)s records", records),
    )


def _placed(fault: Fault) -> Fault:
    where = [one for one in (fault.record_title, fault.record_id) if one]
    return replace(fault, record_title=", ".join(where))
