"""What a solve brings: row, points, XP, openings; and XP, under the row lock.

All but :func:`publish_solve` runs in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.core.game_view import GameView
from app.core.in_force import InForce
from app.core.model import Content, Level, Puzzle
from app.core.scoring import points_for, reduced
from app.core.team import TeamState
from app.core.xp import Accrual, Verb, accrue, after_solve, spend
from app.database import ledger, teams
from app.database.engine import Transaction
from app.encryption import Encryption
from app.guesses import queries as guess_queries
from app.guesses.desk_events import push_desk
from app.guesses.found_answers import encrypt_answer
from app.guesses.queries import SolveGround
from app.ports import Pusher


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
    ledger.book(connection, team.id, "xp", amount, reason, now, puzzle.id)
    team.xp += amount


@dataclass(frozen=True, slots=True)
class SolveOutcome:
    points: int
    unlocked: tuple[Level | Puzzle, ...]
    question: int | None = None

    def unlocked_links(self) -> tuple[dict[str, str], ...]:
        return tuple(link_to(item) for item in self.unlocked)


def link_to(item: Level | Puzzle) -> dict[str, str]:
    """``{kind, title, url}``."""
    if isinstance(item, Puzzle):
        return {"kind": "puzzle", "title": item.title, "url": f"/game/puzzle/{item.key}"}
    return {"kind": "level", "title": item.title, "url": f"/game/{item.key}"}


def record_solve(
    connection: Transaction, in_force: InForce, encryption: Encryption, content: Content, team: TeamState,
    puzzle: Puzzle, now: datetime,
    *, answer: str = "", is_close_answer: bool = False, reason: str = "solve", actor: str = "",
    granted_at: datetime | None = None, ground: SolveGround | None = None,
) -> SolveOutcome:  # fmt: skip
    """Store a solve and its effects, and update ``team``. The caller checked that there is none.

    ``answer``: as typed, empty if unknown. ``granted_at``: when organisers grant a solve as of the earlier ``now``:
    it earns what it would have then; what it opens, opens now. ``ground``: if read with the lock.
    """
    is_late = in_force.settings.state_at(now) == "ended"
    ground = ground or guess_queries.read_ground(connection, team, puzzle.id)
    game = GameView(content, in_force.settings, now, ground.progress)
    solved_before = ground.solvers
    if granted_at is not None and team.role == "team":
        solved_before = guess_queries.count_solved_before(connection, puzzle.id, now)
    full = 0 if is_late else points_earned(game, puzzle, solved_before)
    points = reduced(full, points_hints=ground.points_hints, is_close_answer=is_close_answer)
    kept = encrypt_answer(encryption, team.id, puzzle.id, answer) if answer else None
    guess_queries.add_solve(connection, team.id, puzzle.id, now, points, is_late=is_late, answer=kept)
    if team.role == "team":  # staff do not count as solvers
        guess_queries.count_solver(connection, puzzle.id)
    if not is_late:
        ledger.book(connection, team.id, "points", points, reason, now, puzzle.id, actor)
        team.score += points
        add_solve_xp(connection, in_force, team, puzzle, granted_at or now)
    opened = open_next(connection, replace(game, now=granted_at or now), team.id, puzzle)
    return SolveOutcome(points, opened, ground.question)


def publish_solve(broadcaster: Pusher, team: TeamState, puzzle: Puzzle, solve: SolveOutcome) -> None:
    """After commit: push to the team's open pages and to hint desks."""
    audience, points = f"team:{team.id}", {"points": solve.points, "score": team.score}
    broadcaster.push(audience, "solve", {"puzzle": puzzle.key, "title": puzzle.title, **points})
    if solve.unlocked:
        broadcaster.push(audience, "unlock", {"items": list(solve.unlocked_links())})
    if solve.question is not None:
        push_desk(broadcaster, "solved", solve.question, puzzle.key)


def open_next(
    connection: Transaction, game: GameView, team_id: int, puzzle: Puzzle, *, is_skip: bool = False
) -> tuple[Level | Puzzle, ...]:
    opened = game.opened_by(puzzle, is_skip=is_skip)
    guess_queries.record_unlocks(
        connection, team_id, {found.id: game.now for found in opened if isinstance(found, Puzzle)}
    )
    return opened


def points_earned(game: GameView, puzzle: Puzzle, solved_before: int) -> int:
    hunt = game.settings
    return points_for(
        hunt.scoring,
        puzzle.value,
        unlocked_at=game.opened_at(puzzle),
        solved_at=game.now,
        solved_before=solved_before,
        time_floor_percent=hunt.time_floor,
        time_window_seconds=hunt.time_window,
    )
