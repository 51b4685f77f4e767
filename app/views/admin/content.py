"""Content: what is in play, what is wrong with it, and how it is replaced."""

from __future__ import annotations

from flask import Response, current_app, flash, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.errors import HuntError
from app.rules.wording import sentence
from app.services.browsing_versions import records_of
from app.services.restock_runs import Order, RestockRunning, latest_run, order_from, order_upload, start_restock
from app.services.restocking import rollback
from app.views.access import role, takes_files
from app.views.admin import content_pages
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.languages import told
from app.views.visit import our_team, ports, visit

MEGABYTE = 1024 * 1024
MOST_UPLOADED = content_pages.MOST_MEGABYTES * MEGABYTE


@admin.get("/content")
@role("writer")
def content() -> str:
    """What is in play, and what is wrong with it?"""
    return render_admin("admin/content.html", content_pages.content_page(visit()), "content")


@admin.get("/content/progress")
@role("writer")
def restock_progress() -> Response:
    """How far the restock is, for the page's script."""
    run = latest_run(ports())
    if run is None:
        return jsonify(state="none", step="", done=0, total=0)
    return jsonify(state=run.state, step=told(run.step_in_words), done=run.done, total=run.total)


@admin.post("/content/restock")
@role("writer")
def restock_now() -> BaseResponse:
    """Restock from Airtable or the file, in the background."""
    who, where = our_team().name, visit().address
    return _begin(order_from(current_app.extensions["config"], request.form.get("source", ""), who, where))


@admin.post("/content/upload")
@role("writer")
# What surrounds the file in the form is small, but not nothing.
@takes_files(MOST_UPLOADED + 64 * 1024)
def upload_content() -> BaseResponse | tuple[str, int]:
    """Restock from an uploaded JSON file, in the background."""
    raw, name = _sent_file()
    if not raw:
        page = content_pages.content_page(visit(), refusal=sentence("Choose a file first: the JSON of a hunt."))
        return render_admin("admin/content.html", page, "content"), 400
    if len(raw) > MOST_UPLOADED:
        raise HuntError(
            "too_large", sentence("A content file is at most %(most)s MB.", most=content_pages.MOST_MEGABYTES)
        )
    return _begin(order_upload(raw, name, our_team().name, visit().address))


def _sent_file() -> tuple[bytes, str]:
    sent = request.files.get("file")
    if sent is None:
        return b"", ""
    with sent.stream:
        return sent.stream.read(MOST_UPLOADED + 1), sent.filename or ""


def _begin(order: Order) -> BaseResponse:
    try:
        start_restock(ports(), order)
        begun = sentence("The restock from %(source)s has begun; this page tells how it goes.", source=order.source)
        flash(told(begun), "success")
    except RestockRunning:
        flash(told(sentence("A restock is under way already; one at a time.")), "error")
    return redirect(url_for("admin.content"), 303)


@admin.get("/content/compare")
@role("writer")
def compare_content() -> str:
    """What differs between any two versions?"""
    old, new = _number("old"), _number("new")
    return render_admin("admin/compare.html", content_pages.compare_page(visit(), old, new), "content")


@admin.get("/content/<int:version>")
@role("writer")
def content_version(version: int) -> str:
    """What is in this version?"""
    return render_admin("admin/version.html", content_pages.version_page(visit(), version), "content")


@admin.get("/content/<int:version>/rollback")
@role("writer")
def ask_rollback(version: int) -> str:
    """What would change if this version became current?"""
    page = content_pages.compare_page(visit(), visit().content.version, version, is_rollback=True)
    return render_admin("admin/compare.html", page, "content")


@admin.post("/content/<int:version>/rollback")
@role("writer")
def roll_back(version: int) -> BaseResponse:
    """Make this version current, on all nodes."""
    rollback(ports(), version, our_team().name, visit().address)
    flash(told(sentence("Version %(number)s is in play now, on all nodes.", number=version)), "success")
    return redirect(url_for("admin.content"), 303)


@admin.get("/content/<int:version>/export")
@role("writer")
def export_content(version: int) -> Response:
    """The version's records as a file that can be restocked."""
    response = make_response(records_of(ports(), version))
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="content-{version}.json"'
    return response


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
