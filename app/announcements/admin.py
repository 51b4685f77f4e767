"""Organisers' pages for announcements."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.announcements import drafts
from app.announcements.drafts import Draft, DraftChanged, Written
from app.announcements.forms import AnnouncementForm
from app.announcements.mail_admin import mail_values, wants_mail
from app.broadcast.admin import audience_options
from app.broadcast.audience import AudienceInvalid, measure, team_name, words_for
from app.core.text import sentence
from app.database.team_lists import read_names
from app.errors import FieldsRefused, TeamUnknown
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, puzzle_options, render_admin
from app.web.filters import number_argument
from app.web.languages import told
from app.web.visit import our_team, ports, visit

CHANGED = sentence(
    "Somebody else changed this announcement since you opened it. Below is what is stored now, and your words."
)
Answer = str | BaseResponse | tuple[str, int]


@admin.get("/announcements")
@role("admin")
def announcements() -> str:
    rows = drafts.list_drafts(ports().database)
    audiences = {code: words_for(ports().database, ports().in_force, code) for code in {one.audience for one in rows}}
    return render_admin("announcements/admin_list.html", rows=rows, audiences=audiences)


@admin.get("/announcements/new")
@role("admin")
def new_announcement() -> str:
    puzzle = request.args.get("puzzle", "")
    given = {"kind": "erratum", "audience": "puzzle", "puzzle": puzzle} if puzzle else {}
    if "team" in request.args:
        given = {"audience": "team", "team": _named_team()}
    return _show(None, AnnouncementForm(formdata=None, data=given))


def _named_team() -> str:
    try:
        return team_name(ports().database, number_argument("team") or 0)
    except TeamUnknown:
        return ""


@admin.post("/announcements/new")
@role("admin")
def add_announcement() -> Answer:
    return _save(None)


@admin.get("/announcements/<int:number>")
@role("admin")
def announcement(number: int) -> str:
    return _show(drafts.find_draft(ports().database, number))


@admin.post("/announcements/<int:number>")
@role("admin")
def save_announcement(number: int) -> Answer:
    return _correct(number) if drafts.find_draft(ports().database, number).published_at is not None else _save(number)


@admin.post("/announcements/<int:number>/publish")
@role("admin")
def publish_announcement(number: int) -> Answer:
    try:
        drafts.publish(
            ports().for_hunt, number, _revision(), our_team().name, visit().address, is_mailed=wants_mail()
        )  # fmt: skip
    except DraftChanged:
        return _show(drafts.find_draft(ports().database, number), conflict=CHANGED), 409
    return done(sentence("Published, and open pages are told."), "announcement", number=number)


@admin.post("/announcements/<int:number>/discard")
@role("admin")
def discard_announcement(number: int) -> BaseResponse:
    try:
        drafts.discard(ports().database, ports().clock, number, _revision(), our_team().name, visit().address)
    except DraftChanged:
        flash(told(sentence("Nothing was thrown away: the draft was changed or published in the meantime.")), "error")
        return redirect(url_for("admin.announcements"), 303)
    return done(sentence("The draft is gone."), "announcements")


def _save(number: int | None) -> Answer:
    form = AnnouncementForm()
    try:
        stored = drafts.save_draft(
            ports().for_content, number, _revision(), _written(form), our_team().name, visit().address
        )
    except (FieldsRefused, DraftChanged) as error:
        return _again(number, form, error)
    if request.form.get("act") == "publish":
        return _publish_now(stored)
    return done(sentence("Draft saved. Nobody sees it until you publish it."), "announcement", number=stored)


def _publish_now(number: int) -> Answer:
    draft = drafts.find_draft(ports().database, number)
    try:
        drafts.publish(ports().for_hunt, number, draft.revision, our_team().name, visit().address)
    except DraftChanged:
        return _show(drafts.find_draft(ports().database, number), conflict=CHANGED), 409
    return done(sentence("Published, and open pages are told."), "announcement", number=number)


def _correct(number: int) -> Answer:
    form, is_told = AnnouncementForm(), request.form.get("tell") == "yes"
    words = (form.title.data or "", form.body.data or "")
    try:
        drafts.correct(
            ports().for_hunt, ports().prox, number, _revision(), *words, our_team().name, visit().address,
            is_told=is_told,
        )  # fmt: skip
    except (FieldsRefused, DraftChanged) as error:
        return _again(number, form, error)
    return done(
        sentence("Corrected: readers see the new words, and that they were edited."), "announcement", number=number
    )


def _again(number: int | None, form: AnnouncementForm, error: FieldsRefused | DraftChanged) -> Answer:
    draft = drafts.find_draft(ports().database, number) if number else None
    if isinstance(error, FieldsRefused):
        form.refuse(error.fields)
        return _show(draft, form), 400
    return _show(draft, form, CHANGED), 409


def _show(draft: Draft | None, form: AnnouncementForm | None = None, conflict: str = "") -> str:
    if form is None and draft is not None:
        form = AnnouncementForm(formdata=None, data=_stored(draft))
    audience, size = _reach(draft) if draft else ("", 0)
    page = {"draft": draft, "form": _offer(form or AnnouncementForm()), "audience": audience, "size": size}
    return render_admin(
        "announcements/admin_edit.html",
        "announcements",
        **page,
        **mail_values(draft),
        conflict=conflict,
        team_names=[] if draft and draft.published_at else read_names(ports().database),
    )


def _reach(draft: Draft) -> tuple[str, int]:
    try:
        reached = measure(ports().database, ports().in_force, ports().clock, draft.audience, draft.puzzle_id)
    except AudienceInvalid:
        return words_for(ports().database, ports().in_force, draft.audience), 0
    return reached.words, reached.size


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _written(form: AnnouncementForm) -> Written:
    texts = (form.title, form.body, form.kind, form.audience, form.team, form.puzzle)
    return Written(*(box.data or "" for box in texts))


def _stored(found: Draft) -> dict[str, Any]:
    kept = {"title": found.title, "body": found.source, "kind": found.kind, "puzzle": found.puzzle_id or ""}
    kind, _, which = found.audience.partition(":")
    if kind != "team":
        return {**kept, "audience": found.audience}
    try:
        return {**kept, "audience": "team", "team": team_name(ports().database, int(which))}
    except TeamUnknown:
        return {**kept, "audience": "team"}


def _offer(form: AnnouncementForm) -> AnnouncementForm:
    form.kind.choices = [("announcement", told(sentence("Announcement"))), ("erratum", told(sentence("Erratum")))]
    form.audience.choices = list(audience_options(has_puzzle=True))
    form.puzzle.choices = [("", told(sentence("choose …"))), *puzzle_options()]
    return form
