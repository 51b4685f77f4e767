"""Replies to guesses, hints and power-ups.

JSON for programs; forms get the page with their input.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from flask import Response, flash, g, jsonify, make_response, redirect
from werkzeug.wrappers import Response as BaseResponse

from app.core.model import Puzzle
from app.core.text import sentence
from app.errors import Busy, HuntError
from app.game import puzzle_pages
from app.game.pages import PuzzlePage, RatingBox, Result
from app.guesses.verdict import BOUGHT_HTML
from app.web.header_values import frame_sources
from app.web.kept_pages import PAGE_KEY
from app.web.languages import told
from app.web.render import is_for_paper, render, wants_json
from app.web.visit import posted, visit

MOST_ONCE = 64

Answer = Response | BaseResponse


# --- results ----------------------------------------------------------------------------------------------------------


def puzzle_html(page: PuzzlePage) -> str:
    if page.frame_url:
        # Allow this one foreign frame source.
        g.frame_sources = frame_sources(page.frame_url)
    return render("game/print.html" if is_for_paper() else "game/puzzle.html", page)


def result_of_reply(reply: str | None) -> Result | None:
    """The verdict stored under the key."""
    kept: dict[str, Any] = json.loads(reply) if reply else {}
    if "verdict" not in kept:
        return None
    unlocked = tuple((item["title"], item["url"]) for item in kept.get("unlocked", ()))
    # What is typed again after the solve earns nothing: there are no points to tell of.
    points = None if kept.get("again") else kept.get("points")
    return Result(kept["verdict"], "", _message_told(kept["message_html"]), points, unlocked)


def reply_json(reply: Mapping[str, Any]) -> Response:
    return jsonify({**reply, "message_html": _message_told(reply["message_html"])})


def _message_told(html: str) -> str:
    """A bought answer stores two messages."""
    if html.startswith(BOUGHT_HTML):
        return told(BOUGHT_HTML) + told(html.removeprefix(BOUGHT_HTML))
    return told(html)


def answer_move(puzzle: Puzzle, reply: Mapping[str, Any], words: str, place: str) -> Answer:
    if wants_json():
        return jsonify({**reply, "message": told(words)})
    flash(told(words))
    return redirect(f"{puzzle.page_url}#{place}", 303)


def new_once() -> str:
    return secrets.token_urlsafe(16)


def read_once() -> str:
    """The form's key, or ""."""
    once = posted("once").strip()
    if len(once) > MOST_ONCE or not once.isprintable():
        words = sentence("The key of a form is plain text of at most %(most)s characters.", most=MOST_ONCE)
        raise HuntError("invalid_form", words, fields={"once": "is too long"})
    return once


def read_key_of_guess(answer: str) -> str:
    # A page's own key counts for one answer: two tabs may have the same page.
    once = read_once()
    if not once.startswith(PAGE_KEY) or wants_json():
        return once or ("" if wants_json() else new_once())
    return f"{once}.{blake2b(answer.encode('utf-8', 'replace'), digest_size=6).hexdigest()}"[:MOST_ONCE]


# --- errors ----------------------------------------------------------------------------------------------------------


MOST_KEPT_CHARACTERS = 4_000


def refuse_guess(puzzle: Puzzle, error: HuntError, answer: str) -> Answer:
    page = _page_with_error(puzzle, error)
    result = Result("error", told(error.title), f"<p>{told(error.message)}</p>")
    return _refused(replace(page, result=result, answer=answer[:200]), error)


def refuse_move(
    puzzle: Puzzle, error: HuntError, *, question: str = "", close_answer: str = "", problem: str = ""
) -> Answer:
    page = _page_with_error(puzzle, error)
    box = replace(page.hints, question=question[:MOST_KEPT_CHARACTERS]) if page.hints else None
    report = replace(page.report, problem=problem[:MOST_KEPT_CHARACTERS]) if page.report else None
    return _refused(
        replace(page, hints=box, report=report, refusal=told(error.message), close_answer=close_answer[:200]), error
    )


def refuse_rating(puzzle: Puzzle, error: HuntError, rating: RatingBox) -> Answer:
    page = _page_with_error(puzzle, error)
    kept = replace(rating, comment=rating.comment[:MOST_KEPT_CHARACTERS]) if page.rating else None
    return _refused(replace(page, rating=kept, refusal=told(error.message)), error)


def _page_with_error(puzzle: Puzzle, error: HuntError) -> PuzzlePage:
    """Raises the error if no page can show it."""
    if wants_json() or error.code == "banned" or isinstance(error, Busy):
        raise error
    return puzzle_pages.puzzle_page(visit(), puzzle, new_once())


def _refused(page: PuzzlePage, error: HuntError) -> Response:
    response = make_response(puzzle_html(page))
    response.status_code = error.status
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
