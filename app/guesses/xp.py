"""XP under the row lock: credit what time has added, then add a solve or take a price."""

from __future__ import annotations

from datetime import datetime

from app.core.in_force import InForce
from app.core.model import Puzzle
from app.core.team import TeamState
from app.core.xp import Accrual, Verb, accrue, after_solve, spend
from app.database import ledger, teams
from app.database.engine import Transaction


def settle_xp(connection: Transaction, in_force: InForce, team: TeamState, now: datetime) -> None:
    """Credit XP up to now. Does nothing while XP is off."""
    if not in_force.settings.xp:
        return
    grown = _grown(in_force, team, now)
    if grown.periods == team.xp_periods:
        return
    ledger.book(connection, team.id, "xp", grown.added, "time", now)
    teams.change(connection, team.id, xp_periods=grown.periods)
    team.xp, team.xp_periods = grown.xp, grown.periods


def xp_shown(in_force: InForce, team: TeamState, now: datetime) -> int:
    """XP at this moment, credited or not; 0 while XP is off."""
    return _grown(in_force, team, now).xp if in_force.settings.xp else 0


def _grown(in_force: InForce, team: TeamState, now: datetime) -> Accrual:
    hunt = in_force.settings
    return accrue(
        team.xp,
        team.xp_periods,
        first_guess_at=team.first_guess_at,
        now=now,
        starts_at=hunt.starts_at,
        ends_at=hunt.ends_at,
        period_seconds=in_force.xp_period_seconds,
    )


def add_solve_xp(connection: Transaction, in_force: InForce, team: TeamState, puzzle: Puzzle, now: datetime) -> None:
    """XP above the cap are lost."""
    if not in_force.settings.xp:
        return
    settle_xp(connection, in_force, team, now)
    book_xp(connection, team, after_solve(team.xp) - team.xp, "solve", puzzle, now)


def pay_xp(
    connection: Transaction, in_force: InForce, team: TeamState, verb: Verb, puzzle: Puzzle, now: datetime
) -> None:  # fmt: skip
    """Raises :class:`app.core.xp.InsufficientXp`, and then takes nothing."""
    settle_xp(connection, in_force, team, now)
    book_xp(connection, team, spend(team.xp, verb) - team.xp, verb, puzzle, now)


def book_xp(connection: Transaction, team: TeamState, amount: int, reason: str, puzzle: Puzzle, now: datetime) -> None:
    """Change the XP by ``amount``, with a ledger row."""
    ledger.book(connection, team.id, "xp", amount, reason, now, puzzle.id)
    team.xp += amount
