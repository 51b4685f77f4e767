"""Organisers' pages: restock, upload, staged content, rollback."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content import staging
from app.content.admin import MEGABYTE, MOST_UPLOADED, show_content
from app.content.preparation import Prepared, TakesAway, agreeing_to
from app.content.restock import RestockOvertaken, prepare_rollback, rollback
from app.content.restock_job import Order, RestockRunning, Run, latest_run, order_from, order_upload, start_restock
from app.content.staging import StagedGone, StagedLive, StagedOvertaken
from app.core.text import sentence
from app.database.teams import count_teams
from app.errors import HuntError
from app.web.access import role, takes_files, takes_lists
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.languages import told
from app.web.visit import our_team, ports, sent_file, visit

MORE_IS_TAKEN = sentence("Teams would lose something that you haven’t agreed to. Nothing was changed.")
Answer = BaseResponse | tuple[str, int]


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
    who, where = our_team().name, visit().address
    config, choice = current_app.extensions["config"], request.form.get("source", "")
    return begin_check(order_from(config, ports().database, choice, who, where))


@admin.post("/content/upload")
@role("writer")
# What surrounds the file in the form is small, but not nothing.
@takes_files(MOST_UPLOADED + 64 * 1024, "file")
def upload_content() -> Answer:
    name, raw = sent_file("file", MOST_UPLOADED)
    if not raw:
        return show_content(sentence("Choose a file first: the JSON of a hunt.")), 400
    if len(raw) > MOST_UPLOADED:
        raise HuntError("too_large", sentence("A content file is at most %(most)s MB.", most=MOST_UPLOADED // MEGABYTE))
    return begin_check(order_upload(raw, name, our_team().name, visit().address))


def begin_check(order: Order) -> BaseResponse:
    try:
        staged = start_restock(ports().for_content, ports().hasher, order)
    except RestockRunning:
        flash(told(sentence("Another restock is running. Wait until it’s done.")), "error")
        return redirect(url_for("admin.content"), 303)
    return redirect(url_for("admin.staged_content", id=staged), 303)


# --- what waits ------------------------------------------------------------------------------------------------------


@admin.get("/content/staged/<id>")
@role("writer")
def staged_content(id: str) -> str | BaseResponse:
    run = latest_run(ports().database, ports().clock)
    if run is not None and run.staged == id and run.state != "checked":
        return _show_run(run)
    try:
        return _show_staged(id)
    except StagedLive as live:
        return done(live.message, "content")


@admin.post("/content/staged/<id>")
@role("writer")
@takes_lists("tell")
def put_content_live(id: str) -> Answer:
    agreed, told_of = request.form.get("agreed", ""), request.form.getlist("tell")
    who, where = our_team().name, visit().address
    try:
        live = staging.put_staged_live(ports().for_content, ports().hasher, id, _base(), agreed, who, where, told_of)
    except TakesAway:
        return _show_staged(id, MORE_IS_TAKEN), 409
    except StagedOvertaken as refused:
        return _show_staged(id, refused.message), 409
    except (StagedGone, StagedLive) as refused:
        return show_content(refused.message), 409
    return done(_went_live(live.version), "content")


@admin.post("/content/staged/<id>/discard")
@role("writer")
def discard_content(id: str) -> BaseResponse:
    staging.discard(ports().database, ports().clock, id, our_team().name, visit().address)
    return done(sentence("Discarded. Nothing was changed for teams."), "content")


def _show_staged(id: str, refusal: str = "") -> str:
    staged = staging.read_staged(ports().for_content, ports().hasher, id)
    return _show(staged.prepared, url_for("admin.put_content_live", id=id), refusal, staged=staged)


def _show_run(run: Run) -> str:
    lost = sentence("The process that was checking it has stopped. Start again.") if run.state == "lost" else ""
    return render_admin(
        "content/checking.html",
        "content",
        restock=run,
        problem=run.problem or lost,
        most_megabytes=MOST_UPLOADED // MEGABYTE,
    )


# --- an older version ------------------------------------------------------------------------------------------------


@admin.get("/content/<int:version>/rollback")
@role("writer")
def ask_rollback(version: int) -> str:
    return _show_rollback(version)


@admin.post("/content/<int:version>/rollback")
@role("writer")
def roll_back(version: int) -> Answer:
    """Only if the version that it was compared with is still in force."""
    agreed, who, where = request.form.get("agreed", ""), our_team().name, visit().address
    services, hasher = ports().for_content, ports().hasher
    try:
        now = rollback(services, hasher, version, who, where, agreeing_to(agreed), _base())
    except TakesAway:
        return _show_rollback(version, MORE_IS_TAKEN), 409
    except RestockOvertaken:
        return _show_rollback(version, StagedOvertaken.message), 409
    return done(_went_live(now), "content")


def _show_rollback(version: int, refusal: str = "") -> str:
    found = prepare_rollback(ports().for_content, ports().hasher, version)
    return _show(found, url_for("admin.roll_back", version=version), refusal, version=version)


# --- shared ----------------------------------------------------------------------------------------------------------


def _show(found: Prepared, action: str, refusal: str, **values: Any) -> str:
    reach, removed = found.effects.reach, found.changes.removed if found.changes else ()
    return render_admin(
        "content/staged.html",
        "content",
        found=found,
        action=action,
        solved_and_gone=[(one.title, reach[one.id].solved) for one in removed if _is_solved(found, one.kind, one.id)],
        teams=count_teams(ports().database),
        refusal=refusal,
        **values,
    )


def _went_live(version: int) -> str:
    return sentence("Version %(version)s is live.", version=version)


def _is_solved(found: Prepared, kind: str, id: str) -> bool:
    return kind == "puzzle" and id in found.effects.reach and found.effects.reach[id].solved > 0


def _base() -> int | None:
    base = request.form.get("base", "")
    return int(base) if base.isascii() and base.isdigit() and len(base) < 10 else None
