"""Takes hints, asks the organisers and reports problems.

Nested in the game's blueprint for its access checks.
"""

from __future__ import annotations

import re

from flask import Blueprint

from app.core.model import Puzzle
from app.core.text import sentence
from app.errors import HuntError
from app.game.reply_views import Answer, answer_move, refuse_move
from app.hints import reports, requests
from app.hints.hints import HintWish, Pay, take_hint
from app.web.visit import our_team, ports, posted, visit

hints = Blueprint("hints", __name__)

ASKED = sentence("Sent. We’ll reply here.")
REPORTED = sentence("Thanks! We’ll look into it and reply here.")
PAYS: dict[str, Pay] = {"": "credit", "credit": "credit", "points": "points"}


@hints.post("/puzzle/<puzzle>/hints/take")
def take(puzzle: Puzzle) -> Answer:
    """Free if the form names a taken hint."""
    try:
        taken = take_hint(ports().for_hunt, visit().content, hint_wish(puzzle, _pay()))
    except HuntError as no:
        return refuse_move(puzzle, no)
    return answer_move(puzzle, taken.as_json(), hint_words(taken.order, is_new=taken.is_new), "hints")


@hints.post("/puzzle/<puzzle>/hints/ask")
def ask(puzzle: Puzzle) -> Answer:
    question = posted("question")
    try:
        reply = requests.ask(ports().for_hunt, our_team().id, puzzle, question, visit().address)
    except HuntError as no:
        return refuse_move(puzzle, no, question=question)
    return answer_move(puzzle, reply, ASKED, "hints")


@hints.post("/puzzle/<puzzle>/report")
def report(puzzle: Puzzle) -> Answer:
    problem = posted("problem")
    try:
        reply = reports.report(ports().for_hunt, our_team().id, puzzle, problem, visit().address)
    except HuntError as no:
        return refuse_move(puzzle, no, problem=problem)
    return answer_move(puzzle, reply, REPORTED, "report")


def hint_wish(puzzle: Puzzle, pay: Pay) -> HintWish:
    """Raises for an invalid hint number."""
    text = posted("hint").strip()
    if text and not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise _field_refused("hint", sentence("The number of a hint is a whole number from 1."))
    return HintWish(our_team().id, puzzle, pay, int(text) if text else None, visit().address)


def hint_words(order: int, *, is_new: bool) -> str:
    if is_new:
        return sentence("Here’s hint %(order)s.", order=order)
    return sentence("You already have hint %(order)s. Nothing was charged.", order=order)


def _pay() -> Pay:
    pay = PAYS.get(posted("pay"))
    if pay is None:
        raise _field_refused("pay", sentence("A hint is paid with “credit” or with “points”."))
    return pay


def _field_refused(field: str, words: str) -> HuntError:
    return HuntError("invalid_form", words, fields={field: words})
