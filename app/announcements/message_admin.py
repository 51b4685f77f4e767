"""The organisers' page of messages."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Any

from flask import Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.announcements import drafts, mail_runs, messages
from app.announcements.drafts import Written
from app.announcements.forms import AnnouncementForm, MessageForm
from app.announcements.mail_admin import wants_mail
from app.broadcast.audience import Audience, AudienceInvalid, words_for
from app.broadcast.presence import count_online
from app.core.text import counted, sentence
from app.database import team_lists
from app.errors import FieldsRefused, NotFound
from app.web.access import role, takes_lists
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, puzzle_options, render_admin
from app.web.filters import number_argument
from app.web.languages import told
from app.web.visit import our_team, ports, posted_all, visit

Answer = str | BaseResponse | tuple[str, int]


@admin.get("/messages")
@role("admin")
def messages_page() -> str:
    return show(MessageForm(formdata=None, data=_beginning()), chosen=_asked_team())


@admin.post("/messages")
@takes_lists("teams")
@role("admin")
def send_message() -> Answer:
    """Asks first unless the form names the present receivers."""
    form = MessageForm()
    written, is_news = written_in(form), bool(form.news.data)
    try:
        if request.form.get("act") == "draft":
            return _save_draft(written, is_news=is_news)
        reached = messages.check(ports().for_content, written, is_news=is_news)
        if request.form.get("expected", "") != messages.mark_of(reached):
            return show(form, reached=reached)
        return _send(written, is_news=is_news, is_mailed=is_news and wants_mail())
    except FieldsRefused as refused:
        form.refuse(refused.fields)
        return show(form), 400


@admin.get("/messages/receivers")
@role("admin")
def message_receivers() -> Response | tuple[Response, int]:
    asked = request.args
    written = Written(
        "", "", audience=asked.get("audience", ""), puzzle_id=asked.get("puzzle", ""),
        team_ids=_numbers(asked.getlist("teams")),
    )  # fmt: skip
    try:
        reached = messages.audience_of(ports().for_content, written)
    except AudienceInvalid as why:
        return jsonify(words=told(str(why)), expected=""), 400
    return jsonify(words=told(_words(reached)), expected=messages.mark_of(reached), **_by_mail(reached))


def _words(reached: Audience) -> str:
    return counted("%(count)s team", "%(count)s teams", reached.size)


def _by_mail(reached: Audience) -> dict[str, str]:
    if not ports().postman.is_set_up:
        return {}
    size = mail_runs.count_addresses(
        ports().database, ports().in_force, ports().clock, reached.code, reached.puzzle_id, reached.team_ids
    )
    rate = visit().settings.mail_rate
    words = sentence("%(count)s addresses, about %(minutes)s min", count=size, minutes=-(-size // rate))
    return {"mail": told(words)}


def _send(written: Written, *, is_news: bool, is_mailed: bool) -> BaseResponse:
    once = f"page:{request.form.get('once', '')[:40] or secrets.token_urlsafe(12)}"
    bag = ports()
    sent = messages.send(
        bag.for_hunt, bag.for_content, written, once, our_team().name, visit().address, is_news=is_news,
        is_mailed=is_mailed,
    )  # fmt: skip
    if sent.announcement_id is not None:
        return done(sentence("Sent."), "announcement", number=sent.announcement_id)
    return done(sentence("Sent."), "broadcast", number=sent.broadcast_id)


def _save_draft(written: Written, *, is_news: bool) -> BaseResponse:
    if not is_news:
        raise FieldsRefused({"news": sentence("Only messages in News can be saved as drafts.")})
    number = drafts.save_draft(ports().for_content, None, 0, written, our_team().name, visit().address)
    return done(sentence("Draft saved. Nobody sees it until you publish it."), "announcement", number=number)


def written_in(form: AnnouncementForm) -> Written:
    return Written(
        title=form.title.data or "",
        body=form.body.data or "",
        kind=form.kind.data or "announcement",
        audience=form.audience.data or "",
        team=form.team.data or "",
        puzzle_id=form.puzzle.data or "",
        team_ids=_numbers(posted_all("teams")),
        is_popup=bool(form.popup.data),
    )


def _numbers(texts: Iterable[str]) -> tuple[int, ...]:
    return tuple(int(one) for one in texts if re.fullmatch(r"[0-9]{1,18}", one))


def _beginning() -> dict[str, Any]:
    puzzle = request.args.get("puzzle", "")
    about = {"kind": "erratum", "audience": "puzzle", "puzzle": puzzle, "news": True} if puzzle else {}
    return {"popup": "news" not in request.args, "news": "news" in request.args} | about


def _asked_team() -> tuple[int, ...]:
    if "team" not in request.args:
        return ()
    number = number_argument("team") or 0
    if not team_lists.read_chosen(ports().database, [number]):
        raise NotFound
    return (number,)


def show(
    form: MessageForm, *, reached: Audience | None = None, chosen: tuple[int, ...] | None = None
) -> str:  # fmt: skip
    offer(form)
    lines = messages.list_messages(ports().database)
    audiences = {
        code: told(words_for(ports().database, ports().in_force, code)) for code in {x.audience for x in lines}
    }
    expected = messages.mark_of(reached) if reached else ""
    return render_admin(
        "announcements/messages.html",
        "messages_page",
        form=form,
        reached=reached,
        reached_words=told(_words(reached)) if reached else "",
        expected=expected,
        once=request.form.get("once") or secrets.token_urlsafe(12),
        lines=lines,
        audiences=audiences,
        online=count_online(ports().database, ports().clock),
        can_mail=ports().postman.is_set_up,
        **picker(_numbers(posted_all("teams")) if chosen is None else chosen),
    )


def picker(chosen: tuple[int, ...]) -> dict[str, Any]:
    return {"teams": team_lists.read_choices(ports().database), "chosen": frozenset(chosen)}


def offer(form: AnnouncementForm) -> AnnouncementForm:
    divisions = [
        (f"division:{one.code}", told(sentence("Division %(division)s", division=one.name)))
        for one in visit().content.divisions
    ]
    form.audience.choices = [
        ("", told(sentence("Choose …"))),
        ("chosen", told(sentence("Teams that I choose"))),
        ("all", told(sentence("Everyone, visitors too"))),
        ("teams", told(sentence("All teams"))),
        *divisions,
        ("puzzle", told(sentence("Teams that have a puzzle open and unsolved"))),
    ]
    form.kind.choices = [("announcement", told(sentence("Announcement"))), ("erratum", told(sentence("Erratum")))]
    form.puzzle.choices = [("", told(sentence("choose …"))), *puzzle_options()]
    return form


@admin.get("/announcements")
@admin.get("/announcements/new", endpoint="new_announcement")
@admin.get("/broadcasts", endpoint="broadcasts")
@role("admin")
def announcements() -> BaseResponse:
    asked: dict[str, Any] = {name: request.args[name] for name in ("puzzle", "team") if name in request.args}
    if request.endpoint == "admin.new_announcement" and "puzzle" not in asked:
        asked["news"] = "yes"
    return redirect(url_for("admin.messages_page", **asked), 303)
