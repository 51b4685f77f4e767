"""Organisers' pages for announcements."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.announcements import drafts, message_admin
from app.announcements.drafts import Draft, DraftChanged
from app.announcements.forms import AnnouncementForm, MessageForm
from app.announcements.mail_admin import mail_values, wants_mail
from app.broadcast import stored
from app.broadcast.admin import resent
from app.broadcast.audience import AudienceInvalid, measure, words_for
from app.broadcast.queries import OfMessage
from app.broadcast.stored import BroadcastInvalid
from app.core.text import sentence
from app.database import announcements as announcement_queries
from app.errors import FieldsRefused, NotFound
from app.web.access import role, takes_lists
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.languages import told
from app.web.visit import our_team, ports, visit

CHANGED = sentence("Someone else changed this message since you opened it. Here’s what is saved now, and your text.")
Answer = str | BaseResponse | tuple[str, int]


@admin.post("/announcements/new")
@takes_lists("teams")
@role("admin")
def add_announcement() -> Answer:
    return _save(None)


@admin.get("/announcements/<int:number>")
@role("admin")
def announcement(number: int) -> str:
    return _show(drafts.find_draft(ports().database, number))


@admin.post("/announcements/<int:number>")
@takes_lists("teams")
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
    return done(sentence("Published."), "announcement", number=number)


@admin.post("/announcements/<int:number>/withdraw")
@role("admin")
def withdraw_announcement(number: int) -> Answer:
    try:
        drafts.withdraw(ports().database, ports().clock, number, _revision(), our_team().name, visit().address)
    except DraftChanged:
        return _show(drafts.find_draft(ports().database, number), conflict=CHANGED), 409
    return done(sentence("Withdrawn."), "announcement", number=number)


@admin.post("/announcements/<int:number>/resend")
@role("admin")
def resend_announcement(number: int) -> BaseResponse:
    try:
        count = stored.resend(
            ports().database, ports().clock, ports().broadcaster, OfMessage(number), our_team().name, visit().address
        )
    except BroadcastInvalid:
        raise NotFound from None
    return done(resent(count), "announcement", number=number)


@admin.post("/announcements/<int:number>/discard")
@role("admin")
def discard_announcement(number: int) -> BaseResponse:
    try:
        drafts.discard(ports().database, ports().clock, number, _revision(), our_team().name, visit().address)
    except DraftChanged:
        flash(told(sentence("Not deleted: the draft was changed or published in the meantime.")), "error")
        return redirect(url_for("admin.messages_page"), 303)
    return done(sentence("Draft deleted."), "messages_page")


def _save(number: int | None) -> Answer:
    form = AnnouncementForm()
    try:
        stored = drafts.save_draft(
            ports().for_content, number, _revision(), message_admin.written_in(form), our_team().name, visit().address
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
    return done(sentence("Published."), "announcement", number=number)


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
    return done(sentence("Corrected."), "announcement", number=number)


def _again(number: int | None, form: AnnouncementForm, error: FieldsRefused | DraftChanged) -> Answer:
    if number is None:
        new = MessageForm()
        new.news.data = True
        new.refuse(error.fields if isinstance(error, FieldsRefused) else {})
        return message_admin.show(new), 400
    draft = drafts.find_draft(ports().database, number)
    if isinstance(error, FieldsRefused):
        form.refuse(error.fields)
        return _show(draft, form), 400
    return _show(draft, form, CHANGED), 409


def _show(draft: Draft, form: AnnouncementForm | None = None, conflict: str = "") -> str:
    audience, size = _reach(draft)
    receipts = stored.receipts(ports().database, OfMessage(draft.id)) if draft.published_at else ()
    return render_admin(
        "announcements/admin_edit.html",
        "messages_page",
        draft=draft,
        form=message_admin.offer(form or AnnouncementForm(formdata=None, data=_stored(draft))),
        audience=audience,
        size=size,
        receipts=sorted(receipts, key=lambda one: one.seen_at is not None),
        unseen=sum(one.seen_at is None for one in receipts),
        conflict=conflict,
        **mail_values(draft),
        **message_admin.picker(_chosen_in(draft)),
    )


def _chosen_in(draft: Draft) -> tuple[int, ...]:
    if request.method == "POST" and "audience" in request.form:
        return message_admin.written_in(AnnouncementForm()).team_ids
    kind, _, which = draft.audience.partition(":")
    return (int(which),) if kind == "team" else announcement_queries.read_teams(ports().database, draft.id)


def _reach(draft: Draft) -> tuple[str, int]:
    team_ids = announcement_queries.read_teams(ports().database, draft.id)
    try:
        reached = measure(
            ports().database, ports().in_force, ports().clock, draft.audience, draft.puzzle_id, team_ids=team_ids
        )
    except AudienceInvalid:
        return words_for(ports().database, ports().in_force, draft.audience), 0
    return reached.words, reached.size


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _stored(found: Draft) -> dict[str, Any]:
    kept = {"title": found.title, "body": found.source, "kind": found.kind, "puzzle": found.puzzle_id or ""}
    is_team = found.audience.startswith("team:")
    return {**kept, "popup": found.is_popup, "audience": "chosen" if is_team else found.audience}
