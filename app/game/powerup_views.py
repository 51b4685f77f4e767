"""Power-ups; each POST names the displayed price."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect

from app.core.model import Puzzle
from app.core.text import sentence
from app.errors import HuntError
from app.game.hint_views import hint_wish, hint_words
from app.game.reply_views import Answer, answer_move, read_key_of_guess, read_once, refuse_move, reply_json
from app.guesses.submission import NewGuess
from app.hints.powerups import SkipWish, key_of, skip, use_close_answer, use_hint
from app.web.access import takes_answer
from app.web.render import wants_json
from app.web.visit import our_team, ports, posted, visit

powerups = Blueprint("powerups", __name__)


@powerups.post("/puzzle/<puzzle>/powerups/hint")
def hint(puzzle: Puzzle) -> Answer:
    try:
        taken = use_hint(ports().for_hunt, visit().content, hint_wish(puzzle, "xp"))
    except HuntError as no:
        return refuse_move(puzzle, no)
    return answer_move(puzzle, taken.as_json(), hint_words(taken.order, is_new=taken.is_new), "hints")


@powerups.post("/puzzle/<puzzle>/powerups/skip")
def skip_puzzle(puzzle: Puzzle) -> Answer:
    wish = SkipWish(our_team().id, puzzle, read_once(), visit().address)
    try:
        reply = skip(ports().for_hunt, visit().content, wish)
    except HuntError as no:
        return refuse_move(puzzle, no)
    return answer_move(puzzle, reply, _skip_words(puzzle, reply), "answer")


@powerups.post("/puzzle/<puzzle>/powerups/close")
@takes_answer
def close(puzzle: Puzzle) -> Answer:
    answer = posted("answer")
    once = read_key_of_guess(answer)
    try:
        guess = NewGuess(our_team().id, puzzle, answer, once, visit().address)
        reply = use_close_answer(ports().for_guess, visit().content, guess)
    except HuntError as no:
        return refuse_move(puzzle, no, close_answer=answer)
    if wants_json():
        return reply_json(reply)
    return redirect(f"{puzzle.page_url}?r={key_of('close', once)}#answer", 303)


def _skip_words(puzzle: Puzzle, reply: dict[str, Any]) -> str:
    opened = ", ".join(str(item["title"]) for item in reply["unlocked"])
    if not opened:
        return sentence("Skipped “%(puzzle)s”.", puzzle=puzzle.title)
    return sentence("Skipped “%(puzzle)s”. Now open: %(opened)s.", puzzle=puzzle.title, opened=opened)
