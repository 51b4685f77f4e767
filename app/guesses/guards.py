"""Checks that every move of a team (guess, hint, power-up, question) begins with, in its transaction."""

from __future__ import annotations

from datetime import datetime

from app.core.in_force import InForce
from app.core.team import TeamState
from app.core.text import sentence
from app.database.engine import Transaction
from app.errors import HuntError
from app.guesses import queries as guess_queries
from app.guesses.queries import Situation
from app.guesses.solve import xp_shown

SOLVED = sentence("Your team has already solved this puzzle.")
SKIPPED = sentence("Your team has skipped this puzzle.")


class AlreadySolved(HuntError):
    """``how``: solved or skipped."""

    def __init__(self, how: str = "solved", message: str = "") -> None:
        super().__init__("already_solved", message or (SOLVED if how == "solved" else SKIPPED))
        self.how = how


class HuntOver(HuntError):
    """The hunt has ended."""

    code, message = "not_running", sentence("The hunt is over: hints and power-ups are closed.")


class TeamGone(HuntError):
    """The account was closed meanwhile."""

    code, message = "banned", sentence("The organisers have suspended this account.")


def locked_team(connection: Transaction, team_id: int) -> TeamState:
    """Lock and return the team's row. Raises :class:`TeamGone` if closed or banned."""
    return in_good_standing(guess_queries.lock_team(connection, team_id))


def in_good_standing(team: TeamState | None) -> TeamState:
    """Raises :class:`TeamGone` if closed or banned."""
    if team is None or team.is_banned:
        raise TeamGone
    return team


def refuse_passed(situation: Situation) -> None:
    """Raises :class:`AlreadySolved` if solved or skipped."""
    if situation.is_solved or situation.is_skipped:
        raise AlreadySolved("solved" if situation.is_solved else "skipped")


def refuse_over(in_force: InForce, now: datetime) -> None:
    """Raises :class:`HuntOver` from the moment of the end on. Before the start only staff get here."""
    if in_force.settings.state_at(now) == "ended":
        raise HuntOver


def totals_of(in_force: InForce, team: TeamState, now: datetime) -> dict[str, int]:
    return {"score": team.score, "xp": xp_shown(in_force, team, now), "hint_credits": team.hint_credits}
