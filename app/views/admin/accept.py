"""Accepting an answer: which wrong guesses were common, who would gain what, and doing it."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.errors import NotFound
from app.rules.answers import InvalidAnswer
from app.rules.wording import sentence
from app.services.accepting import accept_answer, who_tried
from app.services.weighing_guesses import CommonGuess, common_wrong_guesses, find_guess
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.languages import told
from app.views.pages.admin_people import AcceptPage, AcceptReviewPage, GainRow, WrongGuess
from app.views.visit import our_team, ports, visit


@admin.get("/accept")
@role("admin")
def accept() -> str:
    """Which wrong guesses were common on this puzzle?"""
    content = visit().content
    puzzle = content.puzzle(request.args.get("puzzle", ""))
    found = common_wrong_guesses(ports(), puzzle) if puzzle else ()
    page = AcceptPage(
        puzzles=tuple((one.id, one.title) for one in content.puzzles),
        puzzle=puzzle.id if puzzle else "",
        puzzle_title=puzzle.title if puzzle else "",
        guesses=tuple(_guess(one) for one in found),
    )
    return render_admin("admin/accept.html", page)


@admin.get("/accept/<int:number>")
@role("admin")
def review_accept(number: int) -> str:
    """Who would gain what, if this guess were right?"""
    puzzle, text = find_guess(ports(), number)
    try:
        gains = who_tried(ports(), puzzle, text)
    except InvalidAnswer:
        raise NotFound from None
    rows = tuple(GainRow(one.display_name, one.tried_at, one.outcome) for one in gains)
    gaining = sum(one.outcome == "solve" for one in gains)
    page = AcceptReviewPage(puzzle.id, puzzle.title, text, number, rows, gaining)
    return render_admin("admin/accept_review.html", page, "accept")


@admin.post("/accept/<int:number>")
@role("admin")
def do_accept(number: int) -> BaseResponse:
    """Make it right for everybody, also for those who tried it."""
    puzzle, text = find_guess(ports(), number)
    try:
        gains = accept_answer(ports(), visit().content, puzzle, text, our_team().name, visit().address)
    except InvalidAnswer:
        raise NotFound from None
    solves = [one for one in gains if one.outcome == "solve"]
    points = sum(one.points for one in solves)
    said = sentence(
        "Accepted for “%(puzzle)s”: %(teams)s teams got the solve, %(points)s points in all.",
        puzzle=puzzle.title, teams=len(solves), points=points,
    )  # fmt: skip
    flash(told(said), "success")
    return redirect(url_for("admin.accept", puzzle=puzzle.id), 303)


def _guess(one: CommonGuess) -> WrongGuess:
    url = url_for("admin.review_accept", number=one.guess_id)
    return WrongGuess(one.text, one.teams, one.times, one.is_near, url)
