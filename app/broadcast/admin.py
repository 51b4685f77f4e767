"""Organisers' pages of broadcasts."""

from __future__ import annotations

import secrets

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.broadcast import stored
from app.broadcast.audience import Audience, AudienceInvalid, choose, words_for
from app.broadcast.events import ALERT
from app.broadcast.forms import BroadcastForm
from app.broadcast.stored import BroadcastInvalid, Sent
from app.core.text import counted, sentence
from app.database.team_lists import read_names
from app.errors import NotFound
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.languages import told
from app.web.visit import our_team, ports, visit

ALL_HAVE_SEEN = sentence("Everyone has seen it already.")
KINDS = (
    ("alert", sentence("Pop-up message")),
    ("refresh", sentence("Reload pages")),
)
# What lists of sent ones call them.
SENT_KINDS = (sentence("alert"), sentence("announcement"), sentence("refresh"))
Answer = str | BaseResponse | tuple[str, int]


@admin.post("/broadcasts/review")
@role("admin")
def review_broadcast() -> Answer:
    form = BroadcastForm()
    try:
        reached = _audience(form)
        text = stored.checked_text(form.text.data or "") if form.kind.data == ALERT else ""
    except (AudienceInvalid, BroadcastInvalid) as why:
        return _refused(form, why)
    return _show(form, text, reached)


@admin.post("/broadcasts")
@role("admin")
def send_broadcast() -> Answer:
    """Idempotent by the form's key."""
    form, me, address = BroadcastForm(), our_team().name, visit().address
    try:
        code = _audience(form).code
        if form.kind.data == ALERT:
            once = request.form.get("once", "")[:40]
            outside_id = f"page:{once}" if once else None
            text = form.text.data or ""
            sent = stored.alert(ports().for_hunt, text, me, audience=code, outside_id=outside_id, address=address)
        else:
            sent = stored.refresh(ports().for_hunt, me, audience=code, address=address)
    except (AudienceInvalid, BroadcastInvalid) as why:
        return _refused(form, why)
    return done(sentence("Sent."), "broadcast", number=sent.id)


@admin.get("/broadcasts/<int:number>")
@role("admin")
def broadcast(number: int) -> Answer:
    sent = _find(number)
    if sent.announcement_id is not None:
        return redirect(url_for("admin.announcement", number=sent.announcement_id), 303)
    if sent.origin_id is not None:
        return redirect(url_for("admin.broadcast", number=sent.origin_id), 303)
    return _show_sent(sent)


@admin.post("/broadcasts/<int:number>/resend")
@role("admin")
def resend_broadcast(number: int) -> BaseResponse:
    of, who = _find(number).message, (our_team().name, visit().address)
    try:
        count = stored.resend(ports().database, ports().clock, ports().broadcaster, of, *who)
    except BroadcastInvalid:
        raise NotFound from None
    return done(resent(count), "broadcast", number=number)


@admin.post("/broadcasts/<int:number>")
@role("admin")
def correct_broadcast(number: int) -> Answer:
    sent, text, is_told = _find(number), request.form.get("text", ""), request.form.get("tell") == "yes"
    live = (ports().database, ports().clock, ports().broadcaster)
    try:
        stored.correct(
            *live, sent.message, text, our_team().name, visit().address, is_shown_again=is_told
        )  # fmt: skip
    except BroadcastInvalid as why:
        return _show_sent(sent, text, str(why)), 400
    return done(sentence("Corrected."), "broadcast", number=number)


@admin.post("/broadcasts/<int:number>/withdraw")
@role("admin")
def withdraw_broadcast(number: int) -> BaseResponse:
    try:
        stored.withdraw(ports().database, ports().clock, _find(number).message, our_team().name, visit().address)
    except BroadcastInvalid as why:
        flash(told(str(why)), "error")
        return redirect(url_for("admin.broadcast", number=number), 303)
    return done(sentence("Withdrawn."), "broadcast", number=number)


def resent(count: int) -> str:
    return counted("Sent again to %(count)s team.", "Sent again to %(count)s teams.", count) if count else ALL_HAVE_SEEN


def _find(number: int) -> Sent:
    try:
        return stored.find_sent(ports().database, number)
    except BroadcastInvalid:
        raise NotFound from None


def _show_sent(sent: Sent, text: str | None = None, problem: str = "") -> str:
    found = stored.receipts(ports().database, sent.message)
    return render_admin(
        "broadcast/broadcast.html",
        "messages_page",
        sent=sent,
        audiences=stored.audiences_of_message(ports().database, sent.message),
        words=lambda code: words_for(ports().database, ports().in_force, code),
        is_withdrawn=stored.is_withdrawn(ports().database, sent.message),
        receipts=sorted(found, key=lambda one: one.seen_at is not None),
        unseen=sum(one.seen_at is None for one in found),
        text=sent.payload.get("text", "") if text is None else text,
        problem=problem,
    )


def _audience(form: BroadcastForm) -> Audience:
    if form.kind.data not in dict(KINDS):
        raise AudienceInvalid("kind", sentence("Choose what to send."))
    return choose(ports().database, ports().in_force, ports().clock, form.audience.data or "", form.team.data or "")


def _refused(form: BroadcastForm, why: AudienceInvalid | BroadcastInvalid) -> tuple[str, int]:
    form.refuse({why.field if isinstance(why, AudienceInvalid) else "text": str(why)})
    return _show(form), 400


def _show(form: BroadcastForm, text: str = "", review: Audience | None = None) -> str:
    form.kind.choices = [(kind, told(words)) for kind, words in KINDS]
    divisions = [
        (f"division:{one.code}", told(sentence("Division %(division)s", division=one.name)))
        for one in visit().content.divisions
    ]
    form.audience.choices = [
        ("all", told(sentence("Everyone, visitors too"))),
        ("teams", told(sentence("All teams"))),
        *divisions,
        ("team", told(sentence("One team"))),
    ]
    return render_admin(
        "broadcast/review.html",
        "messages_page",
        form=form,
        once=secrets.token_urlsafe(12),
        team_names=read_names(ports().database),
        review=review,
        text=text,
    )
