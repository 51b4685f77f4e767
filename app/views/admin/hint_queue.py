"""The hint queue: who waits for help, and answering them. Open to helpers."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.errors import HuntError, TeamUnknown
from app.rules.wording import Text, sentence
from app.services import asking
from app.services.asking import ClaimedByAnother, QueuedRequest, Request, Staff
from app.services.choosing_audiences import team_name
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.admin.teams import title_of
from app.views.languages import told
from app.views.pages.admin_speech import QueuePage, QueueRow, RequestPage, ThreadLine
from app.views.visit import our_team, ports, visit

WAITING = ("open", "claimed")
TITLES = {"waiting": sentence("Waiting"), "answered": sentence("Answered"), "finished": sentence("Finished")}
VIEWS = {"waiting": WAITING, "answered": ("answered",), "finished": ("refunded", "closed")}
ROWS = 100
Answer = str | BaseResponse | tuple[str, int]


@admin.get("/hints")
@role("helper")
def hint_queue() -> str:
    """Who waits for help, the longest first?"""
    chosen = request.args.get("show", "waiting")
    states = VIEWS.get(chosen, WAITING)
    page = max(1, min(request.args.get("page", 1, type=int) or 1, 10_000))
    found = asking.queue(ports(), states, ROWS + 1, ROWS * (page - 1))
    counts = asking.count_requests(ports())
    views = tuple(
        (f"{told(TITLES[name])} ({sum(counts.get(state, 0) for state in of)})",
         url_for("admin.hint_queue", show=name), of == states)
        for name, of in VIEWS.items()
    )  # fmt: skip
    more = url_for("admin.hint_queue", show=chosen, page=page + 1) if len(found) > ROWS else ""
    rows = tuple(_row(one) for one in found[:ROWS])
    return render_admin("admin/hint_queue.html", QueuePage(rows, views, states == WAITING, more))


@admin.get("/hints/<int:number>")
@role("helper")
def hint_request(number: int) -> str:
    """What does this team ask?"""
    return render_admin("admin/hint_request.html", _page(_find(number)), "hint_queue")


@admin.post("/hints/<int:number>/claim")
@role("helper")
def claim_request(number: int) -> Answer:
    """Take the question, so that nobody else answers it at the same time."""
    takes_over = request.form.get("take_over") == "yes"
    return _try(
        number, lambda: asking.claim(ports(), number, _staff(), take_over=takes_over), sentence("It is yours now.")
    )


@admin.post("/hints/<int:number>/answer")
@role("helper")
def answer_request(number: int) -> Answer:
    """Answer, or write on in the same thread."""
    text = request.form.get("text", "")
    if _find(number).request.state in WAITING:
        return _try(
            number, lambda: asking.answer(ports(), number, _staff(), text), sentence("Answered: the team is told.")
        )
    return _try(number, lambda: asking.follow_up(ports(), number, _staff(), text), sentence("Sent: the team is told."))


@admin.post("/hints/<int:number>/refund")
@role("helper")
def refund_request(number: int) -> Answer:
    """Give the team its last paid hint of this puzzle back in credits, and end the question."""

    def act() -> None:
        credits = asking.refund(ports(), number, _staff())
        flash(told(sentence("%(count)s hint credits went back to the team.", count=credits)), "success")

    return _try(number, act, "")


@admin.post("/hints/<int:number>/close")
@role("helper")
def close_request(number: int) -> Answer:
    """End the question without an answer."""
    return _try(number, lambda: asking.close(ports(), number, _staff()), sentence("Closed."))


def _try(number: int, act: Callable[[], object], words: str) -> Answer:
    """Do it and lead back to the thread; what stands in the way is said there, and what was typed is kept."""
    try:
        act()
    except ClaimedByAnother as other:
        return _again(number, _busy(other), 409)
    except HuntError as error:
        if not error.belongs_to_form:
            raise
        return _again(number, error.message, error.status)
    if words:
        flash(told(words), "success")
    return redirect(url_for("admin.hint_request", number=number), 303)


def _again(number: int, problem: str, status: int) -> tuple[str, int]:
    page = _page(_find(number), request.form.get("text", ""), problem)
    return render_admin("admin/hint_request.html", page, "hint_queue"), status


def _find(number: int) -> QueuedRequest:
    return asking.find_request(ports(), number)


def _staff() -> Staff:
    team = our_team()
    return Staff(team.id, team.name, visit().address)


def _busy(other: ClaimedByAnother) -> Text:
    who = _name_of(other.claimed_by)
    return sentence("%(who)s is answering this question. Take it over first.", who=who)


def _name_of(team_id: int | None) -> str:
    if team_id is None:
        return ""
    try:
        return team_name(ports(), team_id)
    except TeamUnknown:
        return told(sentence("An account that is gone"))


def _row(one: Request) -> QueueRow:
    claimer = _name_of(one.claimed_by) if one.state == "claimed" else ""
    url = url_for("admin.hint_request", number=one.id)
    is_mine = one.claimed_by == our_team().id
    others = (one.state, one.asked_at, claimer, is_mine, one.message_count, url)
    return QueueRow(one.id, one.team_name, title_of(one.puzzle_id), *others)


def _page(found: QueuedRequest, typed: str = "", problem: str = "") -> RequestPage:
    one = found.request
    return RequestPage(
        id=one.id,
        team=one.team_name,
        puzzle=title_of(one.puzzle_id),
        puzzle_url=f"/game/puzzle/{found.puzzle.key}" if found.puzzle else "",
        state=one.state,
        asked_at=one.asked_at,
        claimed_by=_name_of(one.claimed_by),
        is_mine=one.claimed_by == our_team().id,
        is_waiting=one.state in WAITING,
        thread=tuple(
            ThreadLine(x.at, x.author or told(sentence("an organiser")), x.is_staff, x.text) for x in found.thread
        ),
        canned=asking.canned(ports(), one.puzzle_id),
        typed=typed or _chosen_answer(one.puzzle_id),
        problem=problem,
    )


def _chosen_answer(puzzle_id: str) -> str:
    """An earlier answer that the helper wants to use again, by its place in the list."""
    place = request.args.get("again", type=int)
    earlier = asking.canned(ports(), puzzle_id) if place is not None else ()
    return earlier[place] if place is not None and 0 <= place < len(earlier) else ""
