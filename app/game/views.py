"""Game pages, for logged-in teams during the hunt; the middleware passes open records."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.content.html.css import LEVEL_SCOPE, PUZZLE_SCOPE, kept_in_box
from app.core.model import Level, Puzzle
from app.errors import HuntError, NotFound
from app.game import json_pages, puzzle_pages
from app.game.archive_views import guess_of_nobody
from app.game.first_views import note_views
from app.game.hint_views import hints
from app.game.list_filter import NO_WISH, ListWish, read_wish
from app.game.powerup_views import powerups
from app.game.print_pages import paper_id, paper_page, printed
from app.game.rating_views import ratings
from app.game.reply_views import puzzle_html, read_key_of_guess, refuse_guess, reply_json, result_of_reply
from app.game.script_views import sandboxed_script
from app.guesses.submission import NewGuess, submit
from app.web.access import kept, open_in_archive, open_to_tokens, takes_answer
from app.web.filters import page_argument
from app.web.kept_pages import hole, is_not_kept, page_key
from app.web.render import is_for_paper, render, wants_json
from app.web.visit import ports, posted, visit

# The arguments of the query string by which lists are filtered.
LIST_FILTER = ("access", "unsolved", "q", "page")

game = Blueprint("game", __name__, url_prefix="/game")

# Nested, so that the game's access checks apply.
game.register_blueprint(hints)
game.register_blueprint(powerups)
game.register_blueprint(ratings)


@game.get("")
@open_in_archive
@open_to_tokens
@kept(*LIST_FILTER)
def levels() -> Response | str:
    if wants_json():
        return jsonify(json_pages.levels(visit()))
    if is_for_paper():
        return _on_paper(None)
    return render("game/levels.html", puzzle_pages.game_page(visit(), _wish()))


@game.get("/<level>")
@open_in_archive
@kept(*LIST_FILTER)
def level(level: Level) -> str:
    if is_for_paper():
        return _on_paper(level)
    return render("game/level.html", puzzle_pages.level_page(visit(), level, _wish()))


@game.get("/puzzle/<puzzle>")
@open_in_archive
@kept(*LIST_FILTER, reads_guess_times=True)
def puzzle(puzzle: Puzzle) -> str:
    seen = visit()
    _note([puzzle])
    once = hole("once") or page_key()
    page = puzzle_pages.puzzle_page(seen, puzzle, once, result_of_reply(seen.state.reply), _wish())
    return puzzle_html(page)


@game.post("/puzzle/<puzzle>")
@open_in_archive
@takes_answer
def make_guess(puzzle: Puzzle) -> Response | BaseResponse:
    """A form is redirected to the page; JSON gets the reply."""
    seen, answer = visit(), posted("answer")
    if seen.team is None:
        return guess_of_nobody(puzzle)
    once = read_key_of_guess(answer)
    guess = NewGuess(seen.team.id, puzzle, answer, once, seen.address, seen=seen.team)
    try:
        reply = submit(ports().for_guess, seen.content, guess)
    except HuntError as no:
        return refuse_guess(puzzle, no, guess.text)
    if wants_json():
        return reply_json(reply)
    more = _wish().query.replace("?", "&", 1)
    return redirect(f"{puzzle.page_url}?r={quote(once, safe='')}{more}#answer", 303)


@game.get("/puzzle/<puzzle>/style.css")
@open_in_archive
def puzzle_style(puzzle: Puzzle) -> Response:
    return _css(puzzle.css, PUZZLE_SCOPE, puzzle.id)


@game.get("/<level>/style.css")
@open_in_archive
def level_style(level: Level) -> Response:
    return _css(level.css, LEVEL_SCOPE, level.id)


@game.get("/puzzle/<puzzle>/frame")
@open_in_archive
def script_frame(puzzle: Puzzle) -> Response:
    if not puzzle.script:
        raise NotFound
    return sandboxed_script(puzzle.title, puzzle.script)


def _on_paper(only: Level | None) -> str:
    """Printing counts as a first view."""
    wish = _wish()
    puzzles = printed(visit(), only, wish)
    _note(puzzles)
    return render("game/paper.html", paper_page(visit(), puzzles, only, wish))


def _note(puzzles: Iterable[Puzzle]) -> None:
    seen = visit()
    if seen.team is not None:
        new = [puzzle for puzzle in puzzles if puzzle.id not in seen.state.viewed]
        if new:
            is_not_kept()
            note_views(ports().database, ports().later, seen.game, seen.team.id, new)


def _wish() -> ListWish:
    asked = request.args
    if not asked:
        return NO_WISH
    return read_wish(
        asked.getlist("access"),
        is_unsolved=asked.get("unsolved") == "1",
        search=asked.get("q", ""),
        page=page_argument(),
    )


def _css(text: str, scope: str, record_id: str) -> Response:
    is_boxed = request.args.get("box") == "1"
    response = make_response(kept_in_box(text, scope, paper_id(record_id)) if is_boxed else text)
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    # The URL has the version: browsers may cache it, shared caches may not.
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
