"""The hint queue: who waits for help, and answering them. Writers see the questions about their own puzzles."""

from __future__ import annotations

from collections.abc import Callable

from flask import request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.broadcast.audience import team_name
from app.core.text import sentence
from app.errors import TeamUnknown
from app.hints import requests
from app.hints.requests import ClaimedByAnother, QueuedRequest, Staff
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import act, render_admin
from app.web.languages import told
from app.web.visit import our_team, ports, visit

WAITING = ("open", "claimed")
TITLES = {"waiting": sentence("Waiting"), "answered": sentence("Answered"), "finished": sentence("Finished")}
VIEWS = {"waiting": WAITING, "answered": ("answered",), "finished": ("refunded", "closed")}
ROWS = 100
Answer = str | BaseResponse | tuple[str, int]


@admin.get("/hints")
@role("helper", "writer")
def hint_queue() -> str:
    """Who waits for help, the longest first?"""
    chosen = request.args.get("show", "waiting")
    states = VIEWS.get(chosen, WAITING)
    page = max(1, min(request.args.get("page", 1, type=int) or 1, 10_000))
    found = requests.queue(ports().database, states, ROWS + 1, ROWS * (page - 1), _own_puzzles())
    counts = requests.count_requests(ports().database, _own_puzzles())
    views = tuple(
        (f"{told(TITLES[name])} ({sum(counts.get(state, 0) for state in of)})",
         url_for("admin.hint_queue", show=name), of == states)
        for name, of in VIEWS.items()
    )  # fmt: skip
    rows = found[:ROWS]
    return render_admin(
        "admin/hint_queue.html",
        rows=rows,
        names={one.claimed_by: _name_of(one.claimed_by) for one in rows if one.state == "claimed"},
        me=our_team().id,
        views=views,
        is_waiting=states == WAITING,
        older_url=url_for("admin.hint_queue", show=chosen, page=page + 1) if len(found) > ROWS else "",
    )


@admin.get("/hints/<int:number>")
@role("helper", "writer")
def hint_request(number: int) -> str:
    """What does this team ask?"""
    return _show(number)


@admin.post("/hints/<int:number>/claim")
@role("helper", "writer")
def claim_request(number: int) -> Answer:
    """Take the question, so that nobody else answers it at the same time."""
    _find(number)
    takes_over = request.form.get("take_over") == "yes"

    def run() -> str:
        requests.claim(ports().database, ports().clock, number, _staff(), take_over=takes_over)
        return sentence("It is yours now.")

    return _act(number, run)


@admin.post("/hints/<int:number>/answer")
@role("helper", "writer")
def answer_request(number: int) -> Answer:
    """Answer, or write on in the same thread."""
    is_waiting = _find(number).request.state in WAITING

    def run() -> str:
        text = request.form.get("text", "")
        if is_waiting:
            requests.answer(ports().for_hunt, ports().postman, ports().translate, number, _staff(), text)
            return sentence("Answered: the team is told.")
        requests.follow_up(ports().for_hunt, ports().postman, ports().translate, number, _staff(), text)
        return sentence("Sent: the team is told.")

    return _act(number, run)


@admin.post("/hints/<int:number>/refund")
@role("helper")
def refund_request(number: int) -> Answer:
    """Give the team its last paid hint of this puzzle back in credits, and end the question."""

    def run() -> str:
        credits = requests.refund(ports().for_hunt, number, _staff())
        return sentence("%(count)s hint credits went back to the team.", count=credits)

    return _act(number, run)


@admin.post("/hints/<int:number>/close")
@role("helper", "writer")
def close_request(number: int) -> Answer:
    """End the question without an answer."""
    _find(number)

    def run() -> str:
        requests.close(ports().for_hunt, number, _staff())
        return sentence("Closed.")

    return _act(number, run)


def _act(number: int, run: Callable[[], str]) -> Answer:
    """Run it and lead back to the thread; what was typed is kept when it is refused."""
    try:
        return act(run, lambda problem: _show(number, problem), "hint_request", number=number)
    except ClaimedByAnother as other:
        words = sentence("%(who)s is answering this question. Take it over first.", who=_name_of(other.claimed_by))
        return _show(number, words), 409


def _own_puzzles() -> frozenset[str] | None:
    return requests.puzzles_answered_by(visit().content, our_team())


def _find(number: int) -> QueuedRequest:
    """The question, if this account may see it. Raises NoSuchRequest."""
    return requests.find_request(ports().database, ports().in_force, number, _own_puzzles())


def _staff() -> Staff:
    team = our_team()
    return Staff(team.id, team.name, visit().address)


def _name_of(team_id: int | None) -> str:
    if team_id is None:
        return ""
    try:
        return team_name(ports().database, team_id)
    except TeamUnknown:
        return told(sentence("An account that is gone"))


def _show(number: int, problem: str = "") -> str:
    """The thread of a question. Raises NoSuchRequest."""
    found = _find(number)
    asked = found.request
    return render_admin(
        "admin/hint_request.html",
        "hint_queue",
        asked=asked,
        puzzle=found.puzzle,
        version=visit().content.version,
        thread=found.thread,
        claimer=_name_of(asked.claimed_by),
        is_mine=asked.claimed_by == our_team().id,
        is_waiting=asked.state in WAITING,
        may_refund=visit().holds("helper", "admin"),
        canned=requests.canned(ports().database, asked.puzzle_id),
        typed=request.form.get("text", "") or _chosen_answer(asked.puzzle_id),
        problem=problem,
    )


def _chosen_answer(puzzle_id: str) -> str:
    """An earlier answer that the helper wants to use again, by its place in the list."""
    place = request.args.get("again", type=int)
    earlier = requests.canned(ports().database, puzzle_id) if place is not None else ()
    return earlier[place] if place is not None and 0 <= place < len(earlier) else ""
