"""The hint desk: open questions and answering them. Writers see those about their own puzzles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.roles import author_names
from app.core.text import sentence
from app.hints import desk, requests
from app.hints.desk_pages import hint_rows, puzzle_parts
from app.hints.request_queries import WAITING, RequestFilter
from app.hints.requests import ClaimedByAnother, QueuedRequest, Staff
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import act, puzzle_options, render_admin, title_of
from app.web.filters import argument
from app.web.visit import our_team, ports, visit

VIEWS = {
    "waiting": (sentence("Waiting"), WAITING),
    "open": (sentence("Nobody yet"), ("open",)),
    "claimed": (sentence("Being answered"), ("claimed",)),
    "answered": (sentence("Answered"), ("answered",)),
    "solved": (sentence("Solved or skipped"), requests.PASSED),
    "finished": (sentence("Finished"), ("refunded", "closed")),
}
ROWS = 100
Answer = str | BaseResponse | tuple[str, int]


@dataclass(frozen=True, slots=True)
class DeskFilter:
    show: str
    mine: bool
    author: str
    puzzle: str

    @property
    def is_set(self) -> bool:
        return bool(self.mine or self.author or self.puzzle)

    def address(self, **changes: str | int) -> str:
        kept = {"show": self.show, "mine": "yes" if self.mine else "", "author": self.author, "puzzle": self.puzzle}
        return url_for("admin.hint_queue", **{name: value for name, value in (kept | changes).items() if value})  # type: ignore[arg-type]

    def as_wanted(self) -> RequestFilter:
        own, named = own_puzzles(), desk.puzzles_by(visit().content, self.author, self.puzzle)
        about = own if named is None else named if own is None else own & named
        return RequestFilter(VIEWS[self.show][1], about, our_team().id if self.mine else None)


@admin.get("/hints")
@role("helper", "writer")
def hint_queue() -> str:
    chosen = _chosen_filter()
    page = max(1, min(request.args.get("page", 1, type=int) or 1, 10_000))
    wanted = chosen.as_wanted()
    found = requests.queue(ports().database, wanted, ROWS + 1, ROWS * (page - 1))
    counts = requests.count_requests(ports().database, wanted.about)
    return render_admin(
        "hints/queue.html",
        rows=found[:ROWS],
        me=our_team().id,
        views=[
            (title, sum(counts.get(state, 0) for state in states), chosen.address(show=name), name == chosen.show)
            for name, (title, states) in VIEWS.items()
        ],
        chosen=chosen,
        authors=[(name, name) for name in author_names(visit().content.puzzles)],
        puzzles=puzzle_options(),
        is_waiting=chosen.show == "waiting",
        is_admin=visit().is_admin,
        newer_url=chosen.address(page=page - 1) if page > 1 else "",
        older_url=chosen.address(page=page + 1) if len(found) > ROWS else "",
    )


@admin.get("/hints/<int:number>")
@role("helper", "writer")
def hint_request(number: int) -> str:
    return _show(number)


@admin.post("/hints/<int:number>/claim")
@role("helper", "writer")
def claim_request(number: int) -> Answer:
    _find(number)
    takes_over = request.form.get("take_over") == "yes"

    def run() -> str:
        requests.claim(ports().for_hunt, number, _staff(), take_over=takes_over)
        return sentence("Claimed by you.")

    return _act(number, run)


@admin.post("/hints/<int:number>/answer")
@role("helper", "writer")
def answer_request(number: int) -> Answer:
    """Answer a waiting question, or follow up in an ended or answered thread.

    The form says which: a question that ended while the answer was typed refuses it.
    """
    _find(number)

    def run() -> str:
        text, seen = request.form.get("text", ""), request.form.get("seen", type=int)
        if request.form.get("mode") == "follow_up":
            requests.follow_up(ports().for_hunt, ports().postman, ports().translate, number, _staff(), text, seen or 0)
            return sentence("Sent to the team.")
        requests.answer(ports().for_hunt, ports().postman, ports().translate, number, _staff(), text)
        return sentence("Sent.")

    return _act(number, run)


@admin.post("/hints/<int:number>/send")
@role("helper", "writer")
def send_prepared_hint(number: int) -> Answer:
    _find(number)

    def run() -> str:
        hint = request.form.get("hint", "")
        desk.send_hint(ports().for_hunt, ports().postman, ports().translate, number, _staff(), hint)
        return sentence("Sent. The team has the hint.")

    return _act(number, run)


@admin.post("/hints/<int:number>/refund")
@role("helper")
def refund_request(number: int) -> Answer:
    def run() -> str:
        credits = requests.refund(ports().for_hunt, number, _staff())
        return sentence("%(count)s hint credits went back to the team.", count=credits)

    return _act(number, run)


@admin.post("/hints/<int:number>/close")
@role("helper", "writer")
def close_request(number: int) -> Answer:
    _find(number)

    def run() -> str:
        requests.close(ports().for_hunt, number, _staff())
        return sentence("Closed.")

    return _act(number, run)


def own_puzzles() -> frozenset[str] | None:
    """Ids of puzzles whose questions this account may see; None: all."""
    return requests.puzzles_answered_by(visit().content, our_team())


def _chosen_filter() -> DeskFilter:
    show, puzzle = argument("show"), visit().content.puzzle(argument("puzzle"))
    return DeskFilter(
        show=show if show in VIEWS else "waiting",
        mine=argument("mine") == "yes",
        author=argument("author"),
        puzzle=puzzle.id if puzzle else "",
    )


def _act(number: int, run: Callable[[], str]) -> Answer:
    """Run it and redirect to the thread; a refused text is kept."""
    try:
        return act(run, lambda problem: _show(number, problem), "hint_request", number=number)
    except ClaimedByAnother:
        claimer = _find(number).request.claimer or sentence("An account that is gone")
        words = sentence("%(who)s is answering this question. Take it over first.", who=claimer)
        return _show(number, words), 409


def _find(number: int) -> QueuedRequest:
    return requests.find_request(ports().database, ports().in_force, number, own_puzzles())


def _staff() -> Staff:
    team = our_team()
    return Staff(team.id, team.name, visit().address)


def _show(number: int, problem: str = "") -> str:
    """Raises NoSuchRequest."""
    found = desk.view(ports().database, ports().in_force, ports().clock, number, own_puzzles())
    asked, content = found.asked.request, visit().content
    return render_admin(
        "hints/request.html",
        "hint_queue",
        found=found,
        asked=asked,
        puzzle=found.asked.puzzle,
        puzzle_title=title_of(asked.puzzle_id),
        version=content.version,
        puzzle_html=puzzle_parts(content, found.asked.puzzle),
        hints=hint_rows(content, found.hints),
        thread=found.asked.thread,
        guesses=sorted(found.state.guesses, key=lambda one: one.guessed_at, reverse=True),
        is_mine=asked.claimed_by == our_team().id,
        is_waiting=asked.state in WAITING,
        may_refund=visit().holds("helper", "admin"),
        typed=request.form.get("text", "") or _chosen_answer(found.canned),
        problem=problem,
    )


def _chosen_answer(earlier: tuple[str, ...]) -> str:
    place = request.args.get("again", type=int)
    return earlier[place] if place is not None and 0 <= place < len(earlier) else ""
