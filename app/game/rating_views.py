"""Teams rate puzzles after the hunt."""

from __future__ import annotations

from flask import Blueprint

from app.core.model import Puzzle
from app.core.puzzle_tests import read_rating
from app.core.text import sentence
from app.errors import FieldsRefused, HuntError
from app.game.pages import RatingBox
from app.game.ratings import rate
from app.game.reply_views import Answer, answer_move, refuse_rating
from app.web.visit import our_team, ports, posted

ratings = Blueprint("ratings", __name__)

RATED = sentence("Thanks for your rating!")


@ratings.post("/puzzle/<puzzle>/rate")
def rate_puzzle(puzzle: Puzzle) -> Answer:
    fun, difficulty, comment = posted("fun"), posted("difficulty"), posted("comment")
    try:
        rating = read_rating(fun, difficulty, comment)
        rate(ports().for_hunt, our_team().id, puzzle, rating)
    except HuntError as no:
        errors = no.fields if isinstance(no, FieldsRefused) else {}
        return refuse_rating(puzzle, no, RatingBox(fun.strip(), difficulty.strip(), comment, errors))
    said = {"fun": rating.fun, "difficulty": rating.difficulty, "comment": rating.comment}
    return answer_move(puzzle, {"rating": said}, RATED, "rating")
