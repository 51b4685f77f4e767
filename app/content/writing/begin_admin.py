"""The site's own tables as a whole: start, check, put into play, files."""

from __future__ import annotations

from flask import Response, current_app, flash, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content.admin import MEGABYTE, MOST_UPLOADED
from app.content.asset_views import POLICY
from app.content.drafts import check_all
from app.content.faults import ContentFaulty, Fault
from app.content.restock import SITE
from app.content.restock_job import order_from
from app.content.sources.json_file import read_text, write_text
from app.content.sources.site import read_site
from app.content.sources.tables import Source, SourceUnreadable
from app.content.staging_admin import begin_check
from app.content.versions import VersionUnknown
from app.content.writing import queries
from app.content.writing.admin import record_url
from app.content.writing.labels import label_of, table_called
from app.content.writing.pictures import FileRefused, add_file, delete_file, read_stored
from app.content.writing.records import find_record, save
from app.content.writing.tables import demo_hunt, empty_hunt, replace_tables, version_records
from app.core.text import counted, sentence
from app.errors import HuntError
from app.web.access import role, takes_files
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.header_values import file_disposition
from app.web.languages import told
from app.web.render import wants_json
from app.web.visit import our_team, ports, sent_file, visit

NOT_REPLACED = sentence("Nothing was replaced: these tables hold records. Tick the box to replace them.")


@admin.get("/write/begin")
@role("writer")
def begin_writing() -> str:
    return _show_begin()


@admin.post("/write/begin")
@role("writer")
@takes_files(MOST_UPLOADED + 64 * 1024, "file")
def replace_writing() -> str | BaseResponse | tuple[str, int]:
    if request.form.get("replace") != "yes" and queries.read_outlines(ports().database):
        return _show_begin(NOT_REPLACED), 400
    try:
        unplaced = replace_tables(
            ports().database, ports().clock, _chosen(request.form.get("choice", "")), our_team().name, visit().address
        )
    except (SourceUnreadable, VersionUnknown) as problem:
        return _show_begin(" ".join(getattr(problem, "reasons", ())) or sentence("There is no such version.")), 400
    except ContentFaulty as faulty:
        return _show_begin(sentence("Nothing was replaced."), faulty.faults), 400
    if unplaced:
        return _show_begin("", unplaced, is_done=True)
    return done(sentence("The tables are filled. Teams see it after “Put live”."), "write")


@admin.get("/write/check")
@role("writer")
def check_writing() -> str:
    found = check_all(ports().for_content, ports().hasher)
    return render_admin("content/writing/check.html", "write", found=found, place_of=place_of, label=_label)


@admin.post("/write/live")
@role("writer")
def put_writing_live() -> BaseResponse:
    by, where = our_team().name, visit().address
    return begin_check(order_from(current_app.extensions["config"], ports().database, SITE, by, where))


@admin.get("/write/export")
@role("writer")
def export_writing() -> Response:
    response = make_response(write_text(read_site(ports().database)))
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = file_disposition("hunt-draft", "json")
    return response


# --- files -----------------------------------------------------------------------------------------------------------


@admin.post("/write/files")
@role("writer")
@takes_files(MOST_UPLOADED + 64 * 1024, "file")
def add_writing_file() -> BaseResponse | tuple[Response, int]:
    try:
        stored = add_file(ports().database, ports().clock, *_sent_file(), our_team().name, visit().address)
    except FileRefused as refused:
        if wants_json():
            raise
        flash(told(refused.message), "error")
        return redirect(_back(), 303)
    if wants_json():
        return jsonify(name=stored.name, url=f"/admin/write/files/{stored.path.rpartition('/')[2]}")
    table = table_called(request.form.get("table", ""))
    if table == "Puzzles":
        _attach(table, request.form.get("record", ""), stored.name)
    flash(told(sentence("%(name)s is stored.", name=stored.name)), "success")
    return redirect(_back(), 303)


@admin.get("/write/files/<name>")
@role("writer")
def writing_file(name: str) -> BaseResponse:
    asset = read_stored(ports().database, f"/assets/{name}")
    response = make_response(asset.content)
    response.headers["Content-Type"] = asset.media_type
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@admin.post("/write/files/delete")
@role("writer")
def delete_writing_file() -> BaseResponse:
    delete_file(ports().database, ports().clock, request.form.get("name", ""), our_team().name, visit().address)
    return done(sentence("The file is deleted."), "write")


# --- pieces ----------------------------------------------------------------------------------------------------------


def place_of(fault: Fault) -> str:
    known = table_called(fault.table)
    return record_url(known, fault.record_id) if known and fault.record_id else ""


def _label(fault: Fault) -> str:
    known = table_called(fault.table)
    return told(label_of(known, fault.field)) if known and fault.field else fault.field


def _chosen(choice: str) -> Source:
    if choice == "empty":
        return empty_hunt()
    if choice == "demo":
        return demo_hunt()
    if choice == "version":
        number = request.form.get("version", "")
        is_number = number.isascii() and number.isdigit() and len(number) < 10
        return version_records(ports().database, int(number) if is_number else visit().content.version)
    if choice == "upload":
        filename, raw = _sent_file()
        return read_text(raw, filename[:100] or "upload")
    raise SourceUnreadable(sentence("Choose what to begin with."))


def _sent_file() -> tuple[str, bytes]:
    filename, raw = sent_file("file", MOST_UPLOADED)
    if len(raw) > MOST_UPLOADED:
        raise HuntError("too_large", sentence("A file is at most %(most)s MB.", most=MOST_UPLOADED // MEGABYTE))
    return filename, raw


def _attach(table: str, record_id: str, name: str) -> None:
    stored = find_record(ports().database, table, record_id)
    there = stored.fields.get("Attachments")
    files = [*(there if isinstance(there, list) else []), {"url": f"asset:{name}", "filename": name}]
    save(
        ports().database, ports().clock, table, record_id, stored.revision,
        dict(stored.fields) | {"Attachments": files}, our_team().name, visit().address,
    )  # fmt: skip


def _back() -> str:
    table = table_called(request.form.get("table", ""))
    return record_url(table, request.form.get("record", "")) if table else url_for("admin.write")


def _show_begin(refusal: str = "", findings: tuple[Fault, ...] = (), *, is_done: bool = False) -> str:
    records = len(queries.read_outlines(ports().database))
    page = {"records": records, "version": visit().content.version, "most": MOST_UPLOADED // MEGABYTE}
    held = counted("%(count)s record", "%(count)s records", records)
    return render_admin(
        "content/writing/begin.html", "write", refusal=refusal, findings=findings, is_done=is_done, held=held, **page
    )
