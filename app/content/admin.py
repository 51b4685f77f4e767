"""The organisers' pages about content: version in play, restock, comparison, rollback."""

from __future__ import annotations

from flask import Response, current_app, flash, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content import checked_draft
from app.content.preparation import TakesAway
from app.content.restock import RestockOvertaken, compare_versions, list_versions, prepare_rollback, rollback
from app.content.restock_job import (
    Order,
    RestockRunning,
    drop_checked,
    latest_run,
    order_from,
    order_upload,
    put_live_checked,
    start_restock,
)
from app.content.version_pages import content_of, find_line, records_of, warnings_of
from app.core.text import sentence
from app.database.teams import count_teams
from app.errors import HuntError
from app.web.access import role, takes_files
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.filters import number_argument
from app.web.header_values import file_disposition
from app.web.languages import told
from app.web.visit import our_team, ports, visit

MEGABYTE = 1024 * 1024
MOST_MEGABYTES = 8
MOST_UPLOADED = MOST_MEGABYTES * MEGABYTE
MORE_IS_TAKEN = sentence(
    "Teams have gone on playing, and would lose something else by now. Nothing was changed; look at it anew."
)
NO_AIRTABLE = sentence("Airtable is not set up (AIRTABLE_API_KEY, AIRTABLE_BASE_ID).")


@admin.get("/content")
@role("writer")
def content() -> str:
    return _show()


@admin.get("/content/progress")
@role("writer")
def restock_progress() -> Response:
    run = latest_run(ports().database, ports().clock)
    if run is None:
        return jsonify(state="none", step="", done=0, total=0)
    return jsonify(state=run.state, step=told(run.step_in_words), done=run.done, total=run.total)


@admin.post("/content/restock")
@role("writer")
def restock_now() -> BaseResponse:
    """Start a restock in the background."""
    who, where = our_team().name, visit().address
    return _begin(order_from(current_app.extensions["config"], request.form.get("source", ""), who, where))


@admin.post("/content/upload")
@role("writer")
# What surrounds the file in the form is small, but not nothing.
@takes_files(MOST_UPLOADED + 64 * 1024, "file")
def upload_content() -> BaseResponse | tuple[str, int]:
    """Start checking an uploaded JSON file in the background."""
    raw, name = _sent_file()
    if not raw:
        return _show(sentence("Choose a file first: the JSON of a hunt.")), 400
    if len(raw) > MOST_UPLOADED:
        raise HuntError("too_large", sentence("A content file is at most %(most)s MB.", most=MOST_MEGABYTES))
    return _begin(order_upload(raw, name, our_team().name, visit().address))


@admin.post("/content/live")
@role("writer")
def put_content_live() -> BaseResponse | tuple[str, int]:
    token, agreed, told_of = request.form.get("token", ""), request.form.get("agreed", ""), request.form.getlist("tell")
    who, where = our_team().name, visit().address
    try:
        version = put_live_checked(ports().for_content, ports().hasher, token, agreed, who, where, told_of)
    except TakesAway:
        return _show(MORE_IS_TAKEN), 409
    except (checked_draft.DraftGone, checked_draft.DraftOvertaken) as refused:
        return _show(refused.message), 409
    return done(sentence("Version %(number)s is in play now, on all nodes.", number=version), "content")


@admin.post("/content/drop")
@role("writer")
def drop_checked_content() -> BaseResponse:
    drop_checked(ports().database, ports().clock)
    return done(sentence("It is dropped; the version in play stays."), "content")


def _sent_file() -> tuple[bytes, str]:
    sent = request.files.get("file")
    if sent is None:
        return b"", ""
    with sent.stream:
        return sent.stream.read(MOST_UPLOADED + 1), sent.filename or ""


def _begin(order: Order) -> BaseResponse:
    try:
        start_restock(ports().for_content, ports().hasher, order)
    except RestockRunning:
        flash(told(sentence("A restock is under way already; one at a time.")), "error")
        return redirect(url_for("admin.content"), 303)
    message = sentence("The restock from %(source)s has begun; this page tells how it goes.", source=order.source)
    return done(message, "content")


def _show(refusal: str = "") -> str:
    lines, run, version = (
        list_versions(ports().database),
        latest_run(ports().database, ports().clock),
        visit().content.version,
    )
    current = next((line for line in lines if line.id == version), None)
    lost = sentence("The process that ran it has gone silent; start it again.") if run and run.state == "lost" else ""
    has_airtable = current_app.extensions["config"].has_airtable
    return render_admin(
        "content/versions.html",
        "content",
        current=current,
        age_minutes=int((visit().now - current.made_at).total_seconds()) // 60 if current else 0,
        warnings=warnings_of(current) if current else (),
        restock=run,
        checked=checked_draft.read(ports().database) if run and run.state == "checked" else None,
        problem=run.problem or lost if run else "",
        sources=(
            ("airtable", "Airtable", "" if has_airtable else NO_AIRTABLE),
            ("file", sentence("the content file"), ""),
        ),
        versions=lines,
        teams=count_teams(ports().database),
        most_megabytes=MOST_MEGABYTES,
        refusal=refusal,
    )


@admin.get("/content/compare")
@role("writer")
def compare_content() -> str:
    old, new = number_argument("old") or 0, number_argument("new") or 0
    return render_admin(
        "content/compare.html",
        "content",
        old=old,
        new=new,
        changes=compare_versions(ports().database, ports().clock, ports().hasher, ports().prox, old, new),
    )


@admin.get("/puzzles")
@role("helper", "writer")
def puzzles() -> str:
    return render_admin("game/admin_puzzles.html", content=visit().content)


@admin.get("/content/<int:version>")
@role("writer")
def content_version(version: int) -> str:
    line, content = find_line(ports().database, version), content_of(ports().for_content, ports().hasher, version)
    is_current = version == visit().content.version
    page = {"version": line, "content": content, "is_current": is_current, "warnings": warnings_of(line)}
    return render_admin("content/version.html", "content", **page)


@admin.get("/content/<int:version>/rollback")
@role("writer")
def ask_rollback(version: int) -> str:
    return _ask_rollback(version)


def _ask_rollback(version: int, refusal: str = "") -> str:
    found = prepare_rollback(ports().for_content, ports().hasher, version)
    page = {"old": found.base, "new": version, "changes": found.changes, "effects": found.effects}
    teams = count_teams(ports().database)
    return render_admin("content/compare.html", "content", **page, is_rollback=True, teams=teams, refusal=refusal)


@admin.post("/content/<int:version>/rollback")
@role("writer")
def roll_back(version: int) -> BaseResponse | tuple[str, int]:
    """Make this version current, if the version that it was compared with still is."""
    base, agreed = request.form.get("base", ""), request.form.get("agreed", "")
    looked_at = int(base) if base.isascii() and base.isdigit() and len(base) < 10 else None
    who, where = our_team().name, visit().address
    try:
        now = rollback(
            ports().for_content,
            ports().hasher,
            version,
            who,
            where,
            lambda effects: effects.digest == agreed,
            looked_at,
        )
    except TakesAway:
        return _ask_rollback(version, MORE_IS_TAKEN), 409
    except RestockOvertaken:
        return _ask_rollback(version, checked_draft.DraftOvertaken.message), 409
    return done(sentence("Version %(number)s is in play now, on all nodes.", number=now), "content")


@admin.get("/content/<int:version>/export")
@role("writer")
def export_content(version: int) -> Response:
    response = make_response(records_of(ports().database, version))
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = file_disposition(f"content-{version}", "json")
    return response
