"""What the game's moves (guesses, hints, power-ups) answer: the puzzle page again, or JSON, and every way to say no.

A refusal is JSON for a program; a form gets the puzzle's own page with the refusal's status and words on it and with
what was typed still in place. Called by the game's views.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Response, flash, g, jsonify, make_response, redirect
from werkzeug.wrappers import Response as BaseResponse

from app.errors import Refusal, busy
from app.rules.answers import InvalidAnswer
from app.rules.guesses import OutOfGuesses
from app.rules.hints import HintNotYetAvailable, NoCreditsLeft, NoHintLeft
from app.rules.model import Puzzle
from app.rules.powerups import InsufficientXp, PuzzleCannotBeSkipped
from app.rules.wording import sentence
from app.services.asking import QuestionInvalid, RequestOpen
from app.services.cases import BOUGHT_HTML
from app.services.playing import AlreadySolved, HuntOver, StillJudging, TeamGone
from app.services.powering_up import PowerUpsOff
from app.services.taking_hints import HintOutOfOrder, PointsHintsOff
from app.views import game_pages
from app.views.languages import told
from app.views.pages import PuzzlePage, Result
from app.views.posted import posted
from app.views.rendering import is_for_paper, render, wants_json
from app.views.visit import visit

MOST_ONCE = 64
SOLVED = sentence("Your team has already solved this puzzle.")

Answer = Response | BaseResponse


# --- answers ---------------------------------------------------------------------------------------------------------


def puzzle_html(page: PuzzlePage) -> str:
    """The puzzle's page, on the screen or for printing."""
    if page.frame_url:
        # The page may frame this one foreign site and no other.
        g.frame_sources = ("/".join(page.frame_url.split("/", 3)[:3]),)
    return render("game/print.html" if is_for_paper() else "game/puzzle.html", page)


def result_of_reply(reply: str | None) -> Result | None:
    """What a guess got, from the reply that was kept for its key."""
    kept: dict[str, Any] = json.loads(reply) if reply else {}
    if "verdict" not in kept:
        return None
    unlocked = tuple((item["title"], item["url"]) for item in kept.get("unlocked", ()))
    return Result(kept["verdict"], "", _message_told(kept["message_html"]), kept.get("points"), unlocked)


def reply_json(reply: Mapping[str, Any]) -> Response:
    """The reply to a guess for programs, with the site's own message in the visitor's language."""
    return jsonify({**reply, "message_html": _message_told(reply["message_html"])})


def _message_told(html: str) -> str:
    """The message as it was kept, in the visitor's language; after a bought answer two of them stand together."""
    if html.startswith(BOUGHT_HTML):
        return told(BOUGHT_HTML) + told(html.removeprefix(BOUGHT_HTML))
    return told(html)


def answer_move(puzzle: Puzzle, reply: Mapping[str, Any], words: str, place: str) -> Answer:
    """JSON for a program, with the same words in it; for a form those words on the puzzle's page, at ``place``."""
    if wants_json():
        return jsonify({**reply, "message": told(words)})
    flash(told(words))
    return redirect(f"{game_pages.puzzle_url(puzzle)}#{place}", 303)


def new_once() -> str:
    """A key for one guess."""
    return secrets.token_urlsafe(16)


def read_once() -> str:
    """The key that the form carries, empty without one."""
    once = posted("once").strip()
    if len(once) > MOST_ONCE or not once.isprintable():
        words = sentence("The key of a form is plain text of at most %(most)s characters.", most=MOST_ONCE)
        raise Refusal("invalid_form", words, {"fields": {"once": "is too long"}})
    return once


# --- refusals --------------------------------------------------------------------------------------------------------


def _solved(no: AlreadySolved) -> Refusal:
    return Refusal("already_solved", SOLVED if no.how == "solved" else game_pages.SKIPPED)


def _out_of_guesses(no: OutOfGuesses) -> Refusal:
    words = sentence(
        "All guesses of this minute are used. The next is free in %(seconds)s s.", seconds=no.retry_after_seconds
    )
    return Refusal("rate_limited", words, retry_after=no.retry_after_seconds)


def _not_yet(no: HintNotYetAvailable) -> Refusal:
    words = sentence(
        "The next hint is not available yet. It can be taken from %(at)s (%(zone)s) on.",
        at=no.at,
        zone=visit().settings.time_zone,
    )
    return Refusal("no_hint_left", words, {"available_at": no.at.isoformat()})


def _points_hints_off(_no: Exception) -> Refusal:
    words = sentence("Hints cannot be taken for points in this hunt.")
    return Refusal("invalid_form", words, {"fields": {"pay": words}})


def _insufficient_xp(no: InsufficientXp) -> Refusal:
    return Refusal("insufficient_xp", str(no), {"have": no.have, "need": no.need})


REFUSALS: dict[type[Exception], Callable[[Any], Refusal]] = {
    InvalidAnswer: lambda no: Refusal("invalid_answer", str(no)),
    OutOfGuesses: _out_of_guesses,
    AlreadySolved: _solved,
    StillJudging: lambda _: busy(),
    TeamGone: lambda _: Refusal("banned", sentence("This account has been closed by the organisers.")),
    HuntOver: lambda _: Refusal("not_running", sentence("The hunt is over: there is nothing more to take or to buy.")),
    NoHintLeft: lambda no: Refusal("no_hint_left", str(no)),
    HintNotYetAvailable: _not_yet,
    HintOutOfOrder: lambda no: Refusal(
        "conflict", sentence("%(why)s Load the page again to see where your team stands.", why=str(no))
    ),
    NoCreditsLeft: lambda no: Refusal("no_credits", str(no), {"have": no.have, "need": no.need}),
    PointsHintsOff: _points_hints_off,
    InsufficientXp: _insufficient_xp,
    PowerUpsOff: lambda _: Refusal("forbidden", sentence("There are no power-ups in this hunt.")),
    PuzzleCannotBeSkipped: lambda no: Refusal("forbidden", str(no)),
    QuestionInvalid: lambda no: Refusal("invalid_form", str(no), {"fields": {"question": str(no)}}),
    RequestOpen: lambda _: Refusal(
        "conflict", sentence("Your team's question about this puzzle is still waiting for its answer.")
    ),
}
SAID_NO: tuple[type[Exception], ...] = (*REFUSALS, Refusal)
MOST_KEPT_CHARACTERS = 4_000


def refusal_of(no: Exception) -> Refusal:
    """Why a move was not made, in the words of the table."""
    if isinstance(no, Refusal):
        return no
    return next(tell(no) for kind, tell in REFUSALS.items() if isinstance(no, kind))


def refuse_guess(puzzle: Puzzle, no: Exception, answer: str) -> Answer:
    """The refusal of a guess, in its place beside the answer box."""
    refusal = refusal_of(no)
    page = _page_to_refuse(puzzle, refusal)
    return _refused(
        replace(
            page, result=Result("error", told(refusal.title), f"<p>{told(refusal.message)}</p>"), answer=answer[:200]
        ),
        refusal,
    )


def refuse_move(puzzle: Puzzle, no: Exception, *, question: str = "", close_answer: str = "") -> Answer:
    """The refusal of anything else, at the top of the page, with what was typed still in its form."""
    refusal = refusal_of(no)
    page = _page_to_refuse(puzzle, refusal)
    box = replace(page.hints, question=question[:MOST_KEPT_CHARACTERS]) if page.hints else None
    return _refused(replace(page, hints=box, refusal=told(refusal.message), close_answer=close_answer[:200]), refusal)


def _page_to_refuse(puzzle: Puzzle, refusal: Refusal) -> PuzzlePage:
    if wants_json() or refusal.code == "banned":
        raise refusal
    return game_pages.puzzle_page(visit(), puzzle, new_once())


def _refused(page: PuzzlePage, refusal: Refusal) -> Response:
    response = make_response(puzzle_html(page))
    response.status_code = refusal.status
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response
