"""A team rates a puzzle that it has solved, after the hunt."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.model import Puzzle
from app.core.puzzle_tests import Rating
from app.core.text import sentence
from app.database.engine import Transaction
from app.errors import HuntError
from app.game import rating_queries
from app.guesses.guards import locked_team
from app.ports import HuntServices

# A team's ratings: so many in the window, and a pause between two of the same puzzle.
MOST_IN_WINDOW = 30
WINDOW = timedelta(minutes=1)
PAUSE = timedelta(seconds=2)


class RatedTooEarly(HuntError):
    code, message = "not_running", sentence("You can rate puzzles after the hunt.")


class RatedUnsolved(HuntError):
    code, message = "conflict", sentence("You can rate puzzles you’ve solved.")


class RatedByStaff(HuntError):
    code, message = "forbidden", sentence("Ratings are for playing teams.")


class RatedTooOften(HuntError):
    code, message = "rate_limited", sentence("That’s a lot of ratings at once. Try again in a minute.")


def rate(services: HuntServices, team_id: int, puzzle: Puzzle, rating: Rating) -> None:
    """Raises RatedTooEarly, RatedUnsolved, RatedByStaff, RatedTooOften and TeamGone."""
    now = services.clock.now()
    if services.in_force.settings.state_at(now) != "ended":
        raise RatedTooEarly
    with services.database.writing() as connection:
        if locked_team(connection, team_id).roles:
            raise RatedByStaff
        if not rating_queries.has_solved(connection, team_id, puzzle.id):
            raise RatedUnsolved
        if _is_new(connection, team_id, puzzle.id, rating, now):
            rating_queries.write(connection, team_id, puzzle.id, rating, now)


def _is_new(connection: Transaction, team_id: int, puzzle_id: str, rating: Rating, now: datetime) -> bool:
    """False if it says the same as the stored one. Raises :class:`RatedTooOften`."""
    latest = rating_queries.latest(connection, team_id, now - WINDOW)
    stored = rating_queries.find(connection, team_id, puzzle_id)
    if stored is not None and stored[0] == rating:
        return False
    is_hasty = stored is not None and timedelta(0) <= now - stored[1] < PAUSE
    if is_hasty or latest >= MOST_IN_WINDOW:
        raise RatedTooOften(retry_after=int((PAUSE if is_hasty else WINDOW).total_seconds()))
    return True
