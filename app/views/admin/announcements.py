"""Announcements: writing, publishing to an audience whose size is shown first, correcting."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.errors import FieldsRefused, TeamUnknown
from app.rules.wording import sentence
from app.services import drafting
from app.services.choosing_audiences import AudienceInvalid, measure, team_name, words_for
from app.services.drafting import Draft, DraftChanged, Written
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.admin.people_forms import AnnouncementForm
from app.views.languages import told
from app.views.pages.admin_people import Option
from app.views.pages.admin_speech import AnnouncementPage, AnnouncementRow, AnnouncementsAdminPage
from app.views.visit import our_team, ports, visit

CHANGED = sentence(
    "Somebody else changed this announcement since you opened it. Below is what is stored now, and your words."
)
Answer = str | BaseResponse | tuple[str, int]


@admin.get("/announcements")
@role("admin")
def announcements() -> str:
    """What has been said, and what is being written?"""
    rows = tuple(_row(one) for one in drafting.list_drafts(ports()))
    return render_admin("admin/announcements.html", AnnouncementsAdminPage(rows))


@admin.get("/announcements/new")
@role("admin")
def new_announcement() -> str:
    """An empty form, or one for an erratum on the puzzle in the address."""
    puzzle = request.args.get("puzzle", "")
    given = {"kind": "erratum", "audience": "puzzle", "puzzle": puzzle} if puzzle else {}
    return _show(AnnouncementPage(_offer(AnnouncementForm(formdata=None, data=given)), 0, 0, is_published=False))


@admin.post("/announcements/new")
@role("admin")
def add_announcement() -> Answer:
    """Store a draft, which nobody else sees."""
    return _save(None)


@admin.get("/announcements/<int:number>")
@role("admin")
def announcement(number: int) -> str:
    """How does it look, and whom does it reach?"""
    found = _find(number)
    return _show(_page(found, _offer(AnnouncementForm(formdata=None, data=_stored(found)))))


@admin.post("/announcements/<int:number>")
@role("admin")
def save_announcement(number: int) -> Answer:
    """Store the changes to a draft, or correct what was published."""
    return _correct(number) if _find(number).published_at is not None else _save(number)


@admin.post("/announcements/<int:number>/publish")
@role("admin")
def publish_announcement(number: int) -> Answer:
    """Let its audience see it, and tell open pages."""
    try:
        drafting.publish(ports(), number, _revision(), our_team().name, visit().address)
    except DraftChanged:
        found = _find(number)
        page = _page(found, _offer(AnnouncementForm(formdata=None, data=_stored(found))), CHANGED)
        return _show(page), 409
    flash(told(sentence("Published, and open pages are told.")), "success")
    return redirect(url_for("admin.announcement", number=number), 303)


@admin.post("/announcements/<int:number>/discard")
@role("admin")
def discard_announcement(number: int) -> BaseResponse:
    """Throw a draft away."""
    try:
        drafting.discard(ports(), number, _revision(), our_team().name, visit().address)
        flash(told(sentence("The draft is gone.")), "success")
    except DraftChanged:
        flash(told(sentence("Nothing was thrown away: the draft was changed or published in the meantime.")), "error")
    return redirect(url_for("admin.announcements"), 303)


def _save(number: int | None) -> Answer:
    form = _offer(AnnouncementForm())
    try:
        stored = drafting.save_draft(ports(), number, _revision(), _written(form), our_team().name, visit().address)
    except FieldsRefused as refused:
        return _refused(number, form, refused)
    except DraftChanged:
        return _clash(number or 0, form)
    flash(told(sentence("The draft is stored. Nobody sees it before you publish it.")), "success")
    return redirect(url_for("admin.announcement", number=stored), 303)


def _correct(number: int) -> Answer:
    form, is_told = _offer(AnnouncementForm()), request.form.get("tell") == "yes"
    words = (form.title.data or "", form.body.data or "")
    try:
        drafting.correct(
            ports(), number, _revision(), *words, our_team().name, visit().address, is_told=is_told
        )  # fmt: skip
    except FieldsRefused as refused:
        return _refused(number, form, refused)
    except DraftChanged:
        return _clash(number, form)
    flash(told(sentence("Corrected: readers see the new words, and that they were edited.")), "success")
    return redirect(url_for("admin.announcement", number=number), 303)


def _refused(number: int | None, form: AnnouncementForm, refused: FieldsRefused) -> Answer:
    form.refuse(refused.fields)
    page = _page(_find(number), form) if number else AnnouncementPage(form, 0, 0, is_published=False)
    return _show(page), 400


def _clash(number: int, form: AnnouncementForm) -> Answer:
    """Both wordings: what is stored is shown as readers get it, what was typed is kept in the form."""
    return _show(_page(_find(number), form, CHANGED)), 409


def _show(page: AnnouncementPage) -> str:
    return render_admin("admin/announcement.html", page, "announcements")


def _find(number: int) -> Draft:
    return drafting.find_draft(ports(), number)


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
        return {**kept, "audience": "team", "team": team_name(ports(), int(which))}
    except TeamUnknown:
        return {**kept, "audience": "team"}


def _offer(form: AnnouncementForm) -> AnnouncementForm:
    form.kind.choices = [("announcement", told(sentence("Announcement"))), ("erratum", told(sentence("Erratum")))]
    form.audience.choices = list(audience_options(has_puzzle=True))
    form.puzzle.choices = [
        ("", told(sentence("choose …"))),
        *((puzzle.id, puzzle.title) for puzzle in visit().content.puzzles),
    ]
    return form


def audience_options(*, has_puzzle: bool) -> tuple[Option, ...]:
    """The audiences an organiser may choose from."""
    divisions = tuple(
        (f"division:{one.code}", told(sentence("The division %(division)s", division=one.name)))
        for one in visit().content.divisions
    )
    at_work = (
        (("puzzle", told(sentence("Teams that have the puzzle below open and not yet solved"))),) if has_puzzle else ()
    )
    return (
        ("all", told(sentence("Everybody, visitors too"))),
        *divisions,
        ("team", told(sentence("The team below"))),
        *at_work,
    )


def _page(found: Draft, form: AnnouncementForm, conflict: str = "") -> AnnouncementPage:
    try:
        reached = measure(ports(), found.audience, found.puzzle_id)
        audience, size = reached.words, reached.size
    except AudienceInvalid:
        audience, size = words_for(ports(), found.audience), 0
    return AnnouncementPage(
        form=form, number=found.id, revision=found.revision, is_published=found.published_at is not None,
        html=found.html, title=found.title, audience=audience, size=size, published_at=found.published_at,
        edited_at=found.edited_at, url=f"/announcements/{found.id}", conflict=conflict,
    )  # fmt: skip


def _row(one: Draft) -> AnnouncementRow:
    audience, url = words_for(ports(), one.audience), url_for("admin.announcement", number=one.id)
    at, is_published, is_edited = one.published_at or one.written_at, bool(one.published_at), bool(one.edited_at)
    return AnnouncementRow(one.title, one.kind, audience, at, is_published, one.revision, is_edited, url)
