"""Accepting an answer afterwards: common wrong guesses, who would gain, doing it."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response as BaseResponse

from app.core.answers import InvalidAnswer
from app.core.text import sentence
from app.errors import NotFound
from app.guesses.corrections import accept_answer, who_tried
from app.guesses.wrong_guesses import common_wrong_guesses, find_guess
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, puzzle_options, render_admin
from app.web.visit import our_team, ports, visit


@admin.get("/accept")
@role("admin")
def accept() -> str:
    puzzle = visit().content.puzzle(request.args.get("puzzle", ""))
    guesses = common_wrong_guesses(ports().database, ports().verdicts, ports().secret, puzzle) if puzzle else ()
    return render_admin("guesses/accept.html", puzzles=puzzle_options(), puzzle=puzzle, guesses=guesses)


@admin.get("/accept/<int:number>")
@role("admin")
def review_accept(number: int) -> str:
    puzzle, text = find_guess(ports().database, ports().in_force, number)
    try:
        gains = who_tried(ports().database, puzzle, text)
    except InvalidAnswer:
        raise NotFound from None
    page = {"puzzle": puzzle, "text": text, "guess": number, "gains": gains}
    gaining = sum(one.outcome == "solve" for one in gains)
    return render_admin("guesses/accept_review.html", "accept", **page, gaining=gaining)


@admin.post("/accept/<int:number>")
@role("admin")
def do_accept(number: int) -> BaseResponse:
    puzzle, text = find_guess(ports().database, ports().in_force, number)
    try:
        gains = accept_answer(
            ports().for_hunt,
            ports().encryption,
            ports().secret,
            visit().content,
            puzzle,
            text,
            our_team().name,
            visit().address,
        )
    except InvalidAnswer:
        raise NotFound from None
    solves = [one for one in gains if one.outcome == "solve"]
    points = sum(one.points for one in solves)
    message = sentence(
        "Accepted for “%(puzzle)s”: %(teams)s teams got the solve, %(points)s points in all.",
        puzzle=puzzle.title, teams=len(solves), points=points,
    )  # fmt: skip
    return done(message, "accept", puzzle=puzzle.id)
