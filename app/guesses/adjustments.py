"""An organiser gives or takes a solve, points, hint credits or XP.

One transaction of ledger row, totals and audit, under the team's row lock. A form's key makes it idempotent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from app.clock import Clock
from app.core.answers import checked
from app.core.clean_text import is_plain
from app.core.game_view import GameView
from app.core.in_force import InForce
from app.core.model import Content, Puzzle
from app.core.team import TeamState
from app.core.text import sentence
from app.core.xp import CAP
from app.database import audit, ledger
from app.database.engine import Transaction
from app.encryption import Encryption
from app.errors import HuntError, TeamUnknown
from app.guesses import adjustment_queries
from app.guesses import queries as guess_queries
from app.guesses.adjustment_queries import TAKEN
from app.guesses.found_answers import tidy
from app.guesses.guards import AlreadySolved, totals_of
from app.guesses.solve import SolveOutcome, publish_solve, record_solve, settle_xp
from app.ports import HuntServices

__all__ = ["Adjusted", "AdjustmentInvalid", "AlreadySolved", "NotSolved", "Wish", "adjust", "give_solve", "take_solve"]

# Limits of one change, against typing errors.
MOST: Mapping[str, int] = {"points": 100_000, "credits": 1_000, "xp": CAP}
MOST_REASON_CHARACTERS = 150
LARGEST_ID = 2**63 - 1


class AdjustmentInvalid(HuntError):
    """The change is impossible; the text says why."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_form", message)


class NotSolved(HuntError):
    """There is no solve to take away."""

    code = "conflict"
    message = sentence("The team has not solved this puzzle, or somebody has just taken the solve away.")


@dataclass(frozen=True, slots=True)
class Wish:
    """Who changes what, and why. ``once``: idempotency key, or empty."""

    team_id: int
    reason: str
    actor: str
    address: str = ""
    once: str = ""


@dataclass(frozen=True, slots=True)
class Adjusted:
    before: int
    after: int
    is_new: bool = True


def adjust(services: HuntServices, kind: str, amount: int, wish: Wish) -> Adjusted:
    """Add ``amount`` (may be negative) to ``points``, ``credits`` or ``xp``.

    Credits stay at 0 or more, XP within 0 and 100; the excess is dropped. Raises :class:`AdjustmentInvalid` and
    TeamUnknown; then nothing has changed.
    """
    reason = _checked_reason(wish.reason)
    if kind not in MOST or amount == 0 or abs(amount) > MOST[kind]:
        most = MOST.get(kind, 0)
        raise AdjustmentInvalid(
            sentence("The number must be from 1 to %(most)s, or as much below 0 to take some away.", most=most)
        )
    now = services.clock.now()
    with services.database.writing() as connection:
        team = _locked(connection, wish.team_id)
        settle_xp(connection, services.in_force, team, now)
        before, key = _total(team, kind), _key(wish, kind)
        if key and adjustment_queries.is_booked(connection, key):
            return Adjusted(before, before, is_new=False)
        after = _bounded(kind, before + amount)
        ledger.book(connection, team.id, kind, after - before, reason, now, actor=wish.actor, once_key=key)
        _keep_total(team, kind, after)
        details = {"amount": after - before, "reason": reason, "total": after}
        audit.audit(connection, now, wish.actor, f"team.{kind}", team.display_name, wish.address, **details)
    services.broadcaster.push(f"team:{team.id}", "score", totals_of(services.in_force, team, now))
    return Adjusted(before, after)


def give_solve(
    services: HuntServices, encryption: Encryption, content: Content, puzzle: Puzzle, wish: Wish, answer: str = ""
) -> SolveOutcome:
    """Record a solve as of now, with all its effects.

    ``answer`` is shown to the team, and is neither audited nor logged. Raises :class:`AlreadySolved` (solved or
    skipped), :class:`AdjustmentInvalid`, InvalidAnswer, TeamUnknown.
    """
    reason, now = _checked_reason(wish.reason), services.clock.now()
    answer = tidy(answer)
    if answer:
        checked(answer)
    with services.database.writing() as connection:
        team = _locked(connection, wish.team_id)
        situation = guess_queries.read_situation(connection, team.id, puzzle.id)
        if situation.is_solved:
            raise AlreadySolved("solved", sentence("The team has solved this puzzle already."))
        if situation.is_skipped:
            raise AlreadySolved("skipped", sentence("The team has skipped this puzzle already."))
        words = f"solve given: {reason}"
        outcome = record_solve(
            connection,
            services.in_force,
            encryption,
            content,
            team,
            puzzle,
            now,
            answer=answer,
            reason=words,
            actor=wish.actor,
        )
        details = {"puzzle": puzzle.id, "points": outcome.points, "reason": reason}
        audit.audit(connection, now, wish.actor, "team.give_solve", team.display_name, wish.address, **details)
    publish_solve(services.broadcaster, team, puzzle, outcome)
    services.broadcaster.push(f"team:{team.id}", "score", totals_of(services.in_force, team, now))
    return outcome


def take_solve(services: HuntServices, content: Content, puzzle_id: str, wish: Wish) -> int:
    """Undo a solve: points, XP and what it alone had opened.

    Other teams keep what they earned. Returns the points taken back. Raises :class:`NotSolved`,
    :class:`AdjustmentInvalid`, TeamUnknown.
    """
    reason, now = _checked_reason(wish.reason), services.clock.now()
    with services.database.writing() as connection:
        team = _locked(connection, wish.team_id)
        worth = adjustment_queries.worth_of(connection, team.id, puzzle_id)
        if worth is None:
            raise NotSolved
        settle_xp(connection, services.in_force, team, now)
        taken = max(0, min(worth.xp, team.xp))
        _undo(connection, team, puzzle_id)
        ledger.book(connection, team.id, "points", -worth.points, f"{TAKEN}: {reason}", now, puzzle_id, wish.actor)
        ledger.book(connection, team.id, "xp", -taken, TAKEN, now, puzzle_id, wish.actor)
        team.score, team.xp = team.score - worth.points, team.xp - taken
        _close_again(connection, services.in_force, services.clock, content, team)
        details = {"puzzle": puzzle_id, "points": worth.points, "xp": taken, "reason": reason}
        audit.audit(connection, now, wish.actor, "team.take_solve", team.display_name, wish.address, **details)
    services.broadcaster.push(f"team:{team.id}", "score", totals_of(services.in_force, team, now))
    return worth.points


def _undo(connection: Transaction, team: TeamState, puzzle_id: str) -> None:
    adjustment_queries.remove_solve(connection, team.id, puzzle_id)
    if team.role == "team":
        adjustment_queries.uncount_solver(connection, puzzle_id)


def _close_again(connection: Transaction, in_force: InForce, clock: Clock, content: Content, team: TeamState) -> None:
    """Delete opening times of puzzles that the team may no longer see and has not passed.

    Otherwise a puzzle that opens again would count minutes from the first time.
    """
    progress = guess_queries.read_progress(connection, team)
    game = GameView(content, in_force.settings, clock.now(), progress)
    kept = game.open_puzzles | progress.solved.keys() | progress.skipped.keys()
    known = {puzzle.id for puzzle in content.puzzles}
    adjustment_queries.forget_unlocks(connection, team.id, (progress.unlocked.keys() & known) - kept)


def _checked_reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason or len(reason) > MOST_REASON_CHARACTERS or not is_plain(reason):
        raise AdjustmentInvalid(
            sentence("Please give a reason, in up to %(most)s characters.", most=MOST_REASON_CHARACTERS)
        )
    return reason


def _locked(connection: Transaction, team_id: int) -> TeamState:
    team = guess_queries.lock_team(connection, team_id) if 0 < team_id <= LARGEST_ID else None
    if team is None:
        raise TeamUnknown
    return team


def _total(team: TeamState, kind: str) -> int:
    return {"points": team.score, "credits": team.hint_credits, "xp": team.xp}[kind]


def _keep_total(team: TeamState, kind: str, total: int) -> None:
    if kind == "points":
        team.score = total
    elif kind == "credits":
        team.hint_credits = total
    else:
        team.xp = total


def _bounded(kind: str, total: int) -> int:
    if kind == "points":
        return total
    return min(max(0, total), CAP) if kind == "xp" else max(0, total)


def _key(wish: Wish, kind: str) -> str | None:
    if not wish.once:
        return None
    return f"adjust:{kind}:{wish.team_id}:{sha256(wish.once.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"
