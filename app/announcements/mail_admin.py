"""Organisers' buttons for mail."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.announcements import drafts, mail_runs
from app.announcements.drafts import Draft
from app.announcements.mail_runs import MailServices, NoMailServer
from app.announcements.mail_trial import send_trial
from app.core.text import sentence
from app.database import announcements as announcement_queries
from app.errors import FieldsRefused, NotFound
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done
from app.web.languages import asked_for, told
from app.web.site_address import site_url
from app.web.visit import our_team, ports, visit


def mail_values(draft: Draft | None) -> dict[str, object]:
    """Empty without a mail server."""
    if draft is None or not ports().postman.is_set_up:
        return {"mail": None, "can_mail": False}
    team_ids = announcement_queries.read_teams(ports().database, draft.id)
    size = mail_runs.count_addresses(
        ports().database, ports().in_force, ports().clock, draft.audience, draft.puzzle_id, team_ids
    )
    rate = visit().settings.mail_rate
    return {
        "mail": mail_runs.find_progress(ports().database, draft.id),
        "can_mail": True,
        "mail_size": size,
        "mail_minutes": -(-size // rate),
        "mail_rate": rate,
    }


def wants_mail() -> bool:
    """Raises :class:`NoMailServer`."""
    is_ticked = request.form.get("mail") == "yes"
    if is_ticked and not ports().postman.is_set_up:
        raise NoMailServer
    return is_ticked


@admin.post("/announcements/<int:number>/mail")
@role("admin")
def mail_announcement(number: int) -> BaseResponse:
    if not ports().postman.is_set_up:
        raise NoMailServer
    mail_runs.mail_published(ports().database, ports().clock, number, our_team().name, visit().address)
    return done(sentence("Mailing has started."), "announcement", number=number)


@admin.post("/announcements/<int:number>/mail/stop")
@role("admin")
def stop_mail(number: int) -> BaseResponse:
    if not mail_runs.stop_run(ports().database, ports().clock, number, our_team().name, visit().address):
        raise NotFound
    return done(sentence("Mailing stopped. What was sent can’t be taken back."), "announcement", number=number)


@admin.post("/announcements/<int:number>/mail/try")
@role("admin")
def try_mail(number: int) -> BaseResponse:
    if not ports().postman.is_set_up:
        raise NoMailServer
    drafts.find_draft(ports().database, number)
    bag = ports()
    services = MailServices(bag.database, bag.in_force, bag.clock, bag.encryption, bag.translate, site_url())
    try:
        to = send_trial(services, number, request.form.get("to", ""), asked_for(), our_team().name, visit().address)
    except FieldsRefused as refused:
        flash(told(refused.fields["to"]), "error")
        return redirect(url_for("admin.announcement", number=number), 303)
    return done(sentence("Test mail sent to %(address)s.", address=to), "announcement", number=number)
