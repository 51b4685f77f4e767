"""XP under the row lock: what time has added is credited first, then a solve is added or a price taken."""

from __future__ import annotations

from datetime import datetime

from app.core.model import Puzzle
from app.core.team import TeamState
from app.core.xp import Accrual, Verb, accrue, after_solve, spend
from app.database import ledger, teams
from app.database.engine import Transaction
from app.ports import Ports


def settle_xp(connection: Transaction, ports: Ports, team: TeamState, now: datetime) -> None:
    """Bring the team's XP up to the moment and book what was added. Does nothing while XP is off."""
    if not ports.hunt.xp:
        return
    grown = _grown(ports, team, now)
    if grown.periods == team.xp_periods:
        return
    ledger.book(connection, team.id, "xp", grown.added, "time", now)
    teams.change(connection, team.id, xp_periods=grown.periods)
    team.xp, team.xp_periods = grown.xp, grown.periods


def xp_shown(ports: Ports, team: TeamState, now: datetime) -> int:
    """The XP the team has at this moment, whether or not it is booked already; 0 while XP is off."""
    return _grown(ports, team, now).xp if ports.hunt.xp else 0


def _grown(ports: Ports, team: TeamState, now: datetime) -> Accrual:
    hunt = ports.hunt
    return accrue(
        team.xp,
        team.xp_periods,
        first_guess_at=team.first_guess_at,
        now=now,
        starts_at=hunt.starts_at,
        ends_at=hunt.ends_at,
        period_seconds=ports.xp_period_seconds,
    )


def add_solve_xp(connection: Transaction, ports: Ports, team: TeamState, puzzle: Puzzle, now: datetime) -> None:
    """The XP of a solve; what is over the cap is lost."""
    if not ports.hunt.xp:
        return
    settle_xp(connection, ports, team, now)
    book_xp(connection, team, after_solve(team.xp) - team.xp, "solve", puzzle, now)


def pay_xp(
    connection: Transaction, ports: Ports, team: TeamState, verb: Verb, puzzle: Puzzle, now: datetime
) -> None:  # fmt: skip
    """Take the price of a power-up. Raises :class:`app.core.xp.InsufficientXp`, and then takes nothing."""
    settle_xp(connection, ports, team, now)
    book_xp(connection, team, spend(team.xp, verb) - team.xp, verb, puzzle, now)


def book_xp(connection: Transaction, team: TeamState, amount: int, reason: str, puzzle: Puzzle, now: datetime) -> None:
    """Change the team's XP by ``amount``, with its ledger row."""
    ledger.book(connection, team.id, "xp", amount, reason, now, puzzle.id)
    team.xp += amount
