"""The organisers' page of broadcasts: who is online, sending, receipts."""

from __future__ import annotations

import secrets

from flask import request
from werkzeug.wrappers import Response as BaseResponse

from app.broadcast import stored
from app.broadcast.audience import Audience, AudienceInvalid, choose, team_name, words_for
from app.broadcast.events import ALERT
from app.broadcast.forms import BroadcastForm
from app.broadcast.presence import count_online
from app.broadcast.stored import BroadcastInvalid
from app.core.text import sentence
from app.database.team_lists import read_names
from app.errors import NotFound, TeamUnknown
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.filters import number_argument
from app.web.languages import told
from app.web.visit import our_team, ports, visit

SHOWN = 50
ALL_HAVE_SEEN = sentence("Everybody has seen it: nothing was sent.")
KINDS = (
    ("alert", sentence("Pop-up message")),
    ("refresh", sentence("Reload pages")),
)
# What lists of sent ones call them.
SENT_KINDS = (sentence("alert"), sentence("announcement"), sentence("refresh"))
Answer = str | BaseResponse | tuple[str, int]


@admin.get("/broadcasts")
@role("admin")
def broadcasts() -> str:
    if "team" not in request.args:
        return _show(BroadcastForm(formdata=None))
    try:
        team = team_name(ports().database, number_argument("team") or 0)
    except TeamUnknown:
        raise NotFound from None
    return _show(BroadcastForm(formdata=None, data={"kind": ALERT, "audience": "team", "team": team}))


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
def broadcast(number: int) -> str:
    try:
        found = stored.receipts(ports().database, number)
        sent = stored.find_sent(ports().database, number)
    except BroadcastInvalid:
        raise NotFound from None
    return render_admin(
        "broadcast/broadcast.html",
        "broadcasts",
        sent=sent,
        audience=words_for(ports().database, ports().in_force, sent.audience),
        receipts=sorted(found, key=lambda one: one.seen_at is not None),
        unseen=sum(one.seen_at is None for one in found),
    )


@admin.post("/broadcasts/<int:number>/resend")
@role("admin")
def resend_broadcast(number: int) -> BaseResponse:
    try:
        count = stored.resend(
            ports().database, ports().clock, ports().broadcaster, number, our_team().name, visit().address
        )
    except BroadcastInvalid:
        raise NotFound from None
    message = sentence("Sent once more, to %(count)s teams.", count=count) if count else ALL_HAVE_SEEN
    return done(message, "broadcast", number=number)


def _audience(form: BroadcastForm) -> Audience:
    if form.kind.data not in dict(KINDS):
        raise AudienceInvalid("kind", sentence("Choose what to send."))
    return choose(ports().database, ports().in_force, ports().clock, form.audience.data or "", form.team.data or "")


def _refused(form: BroadcastForm, why: AudienceInvalid | BroadcastInvalid) -> tuple[str, int]:
    form.refuse({why.field if isinstance(why, AudienceInvalid) else "text": str(why)})
    return _show(form), 400


def _show(form: BroadcastForm, text: str = "", review: Audience | None = None) -> str:
    form.kind.choices = [(kind, told(words)) for kind, words in KINDS]
    form.audience.choices = list(audience_options(has_puzzle=False))
    rows = stored.list_sent(ports().database, SHOWN)
    return render_admin(
        "broadcast/broadcasts.html",
        "broadcasts",
        form=form,
        online=count_online(ports().database, ports().clock),
        rows=rows,
        audiences={
            code: (words_for(ports().database, ports().in_force, code), _size(code))
            for code in {one.audience for one, _ in rows}
        },
        once=secrets.token_urlsafe(12),
        team_names=read_names(ports().database),
        review=review,
        text=text,
    )


def _size(code: str) -> int:
    try:
        return stored.size_of(ports().database, ports().in_force, code)
    except BroadcastInvalid:
        return 0


def audience_options(*, has_puzzle: bool) -> tuple[tuple[str, str], ...]:
    divisions = tuple(
        (f"division:{one.code}", told(sentence("The division %(division)s", division=one.name)))
        for one in visit().content.divisions
    )
    at_work = (("puzzle", told(sentence("Teams that have the puzzle open and unsolved"))),) if has_puzzle else ()
    return (
        ("all", told(sentence("Everyone, visitors too"))),
        *divisions,
        ("team", told(sentence("One team"))),
        *at_work,
    )
