"""The game: levels, puzzles, guesses, the story. Every route here is for logged-in teams, while the hunt is on.

Routes with ``<puzzle>`` or ``<level>`` are handed the open puzzle or level by the locks.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.errors import Refusal, busy, not_found
from app.rules.answers import InvalidAnswer
from app.rules.guesses import OutOfGuesses
from app.rules.model import Level, Puzzle
from app.services.guessing import AlreadySolved, Asked, StillJudging, TeamGone, guess
from app.services.viewing import note_view
from app.views import game_json, game_pages
from app.views.frames import sandboxed_script
from app.views.pages import PuzzlePage, Result
from app.views.rendering import render, wants_json
from app.views.visit import our_team, ports, visit

game = Blueprint("game", __name__, url_prefix="/game")

MOST_ONCE = 64


@game.get("")
def levels() -> Response | str:
    """All levels."""
    if wants_json():
        return jsonify(game_json.levels(visit()))
    return render("game/levels.html", game_pages.game_page(visit()))


@game.get("/<level>")
def level(level: Level) -> str:
    """The puzzles of one level."""
    return render("game/level.html", game_pages.level_page(visit(), level))


@game.get("/puzzle/<puzzle>")
def puzzle(puzzle: Puzzle) -> str:
    """A puzzle; after a guess without script, with what the guess got."""
    seen = visit()
    if puzzle.id not in seen.state.viewed:
        note_view(ports(), seen.content, seen.progress, our_team().id, puzzle, seen.now)
    page = game_pages.puzzle_page(seen, puzzle, new_once(), _result_of_reply(seen.state.reply))
    return _puzzle_html(page)


@game.post("/puzzle/<puzzle>")
def make_guess(puzzle: Puzzle) -> Response | BaseResponse:
    """A guess: JSON gets the reply, a form is sent on to the page that shows it."""
    once = _once() or ("" if wants_json() else new_once())
    asked = Asked(our_team().id, puzzle, request.form.get("answer", ""), once, visit().address)
    try:
        reply = guess(ports(), visit().content, asked)
    except (InvalidAnswer, OutOfGuesses, AlreadySolved, StillJudging, TeamGone) as no:
        return _refuse(puzzle, refusal_of(no), asked.raw)
    if wants_json():
        return jsonify(reply)
    return redirect(f"{game_pages.puzzle_url(puzzle)}?r={once}#answer", 303)


@game.get("/puzzle/<puzzle>/style.css")
def puzzle_style(puzzle: Puzzle) -> Response:
    """The puzzle's own style, cleaned and scoped at restock; as locked as the puzzle."""
    return _css(puzzle.css)


@game.get("/<level>/style.css")
def level_style(level: Level) -> Response:
    """The level's own style."""
    return _css(level.css)


@game.get("/puzzle/<puzzle>/frame")
def script_frame(puzzle: Puzzle) -> Response:
    """The author's own script in a page of its own, cut off from the site."""
    if not puzzle.script:
        raise not_found()
    return sandboxed_script(puzzle.title, puzzle.script)


def refusal_of(no: Exception) -> Refusal:
    """Why a guess was not judged, in the words of the table."""
    if isinstance(no, OutOfGuesses):
        wait = no.retry_after_seconds
        return Refusal(
            "rate_limited", f"All guesses of this minute are used. The next is free in {wait} s.", retry_after=wait
        )
    if isinstance(no, AlreadySolved):
        words = (
            "Your team has already solved this puzzle." if no.how == "solved" else "Your team has skipped this puzzle."
        )
        return Refusal("already_solved", words)
    if isinstance(no, TeamGone):
        return Refusal("banned", "This account has been closed by the organisers.")
    return Refusal("invalid_answer", str(no)) if isinstance(no, InvalidAnswer) else busy()


def new_once() -> str:
    """A key for one guess."""
    return secrets.token_urlsafe(16)


def _once() -> str:
    once = request.form.get("once", "").strip()
    if len(once) > MOST_ONCE or not once.isprintable():
        raise Refusal(
            "invalid_form",
            f"The key of a guess is plain text of at most {MOST_ONCE} characters.",
            {"fields": {"once": "is too long"}},
        )
    return once


def _refuse(puzzle: Puzzle, refusal: Refusal, answer: str) -> Response:
    """The refusal; for a form on the puzzle's own page, with what was typed still in it."""
    if wants_json() or refusal.code == "banned":
        raise refusal
    result = Result("error", refusal.title, f"<p>{refusal.message}</p>")
    response = make_response(_puzzle_html(game_pages.puzzle_page(visit(), puzzle, new_once(), result, answer[:200])))
    response.status_code = refusal.status
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _puzzle_html(page: PuzzlePage) -> str:
    if page.frame_url:
        # The page may frame this one foreign site and no other.
        g.frame_sources = ("/".join(page.frame_url.split("/", 3)[:3]),)
    return render("game/print.html" if request.args.get("print") == "1" else "game/puzzle.html", page)


def _result_of_reply(reply: str | None) -> Result | None:
    if reply is None:
        return None
    told: dict[str, Any] = json.loads(reply)
    unlocked = tuple((item["title"], item["url"]) for item in told.get("unlocked", ()))
    return Result(told["verdict"], "", told["message_html"], told.get("points"), unlocked)


def _css(text: str) -> Response:
    response = make_response(text)
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    # The version is part of the address; a team's browser may keep it, nobody in between.
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
