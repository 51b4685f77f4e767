"""Archive views: once the archive opens, visitors may read and guess."""

from __future__ import annotations

from flask import Response, make_response
from werkzeug.wrappers import Response as BaseResponse

from app.core.model import Puzzle
from app.errors import HuntError
from app.game.pages import Result
from app.game.puzzle_pages import puzzle_page
from app.game.reply_views import new_once, puzzle_html, refuse_guess, reply_json
from app.guesses.archive import ArchiveGuess, guess_in_archive
from app.guesses.found_answers import tidy
from app.web.languages import told
from app.web.render import wants_json
from app.web.visit import ports, posted, visit


def guess_of_nobody(puzzle: Puzzle) -> Response | BaseResponse:
    """Check a guess without a team; nothing is stored."""
    raw = posted("answer")
    try:
        found = guess_in_archive(
            ports().database,
            ports().in_force,
            ports().clock,
            ports().hasher,
            ports().verdicts,
            ports().secret,
            puzzle,
            raw,
            visit().address,
        )
    except HuntError as no:
        return refuse_guess(puzzle, no, raw)
    if wants_json():
        return reply_json(_reply(puzzle, found, raw))
    got = Result(found.judgement.verdict, "", told(found.judgement.message_html))
    return make_response(puzzle_html(puzzle_page(visit(), puzzle, new_once(), got)))


def _reply(puzzle: Puzzle, found: ArchiveGuess, raw: str) -> dict[str, object]:
    reply: dict[str, object] = {
        "verdict": found.judgement.verdict,
        "message_html": found.judgement.message_html,
        "reference": "",
        "score": 0,
        "xp": 0,
        "meta": puzzle.is_meta,
        "guesses_left": found.guesses_left,
    }
    if found.judgement.verdict == "correct":
        reply |= {"points": 0, "unlocked": [], "answer": tidy(raw)}
    return reply
