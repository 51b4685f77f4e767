"""What a solve brings: the row, the points, the XP, what it opens.

All but :func:`publish_solve` runs inside the caller's transaction, with the team's row locked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.rules.model import Content, Level, Progress, Puzzle
from app.rules.schedule import hunt_state
from app.rules.scoring import points_for, reduced
from app.rules.unlocks import newly_open, opened_at
from app.services.growing import add_solve_xp
from app.services.ports import Ports
from app.store import guesses, hints, ledger
from app.store.connections import Transaction
from app.store.guesses import LockedTeam


@dataclass(frozen=True, slots=True)
class SolveOutcome:
    """What a solve brought: its points, and the levels and puzzles that it opened."""

    points: int
    unlocked: tuple[Level | Puzzle, ...]

    def unlocked_links(self) -> tuple[dict[str, str], ...]:
        """The opened levels and puzzles as the outside hears of them."""
        return tuple(link_to(item) for item in self.unlocked)


def link_to(item: Level | Puzzle) -> dict[str, str]:
    """A level or puzzle as ``{kind, title, url}``."""
    if isinstance(item, Puzzle):
        return {"kind": "puzzle", "title": item.title, "url": f"/game/puzzle/{item.key}"}
    return {"kind": "level", "title": item.title, "url": f"/game/{item.key}"}


def record_solve(
    connection: Transaction, ports: Ports, content: Content, team: LockedTeam, puzzle: Puzzle, now: datetime,
    *, is_close_answer: bool = False, reason: str = "solve", actor: str = "", granted_at: datetime | None = None,
) -> SolveOutcome:  # fmt: skip
    """Write a solve with all that hangs on it and bring ``team`` up to date. The caller saw that there is none yet.

    ``granted_at``: organisers grant it only now, as of the earlier moment ``now``. It earns what it would have earned
    then; what it opens, opens when it is granted.
    """
    is_late = hunt_state(now, ports.hunt.starts_at, ports.hunt.ends_at) == "ended"
    before = progress_under_lock(connection, ports, team)
    solved_before = _solved_before(connection, team, puzzle, now, is_granted=granted_at is not None)
    full = 0 if is_late else _points(ports, content, puzzle, before, now, solved_before)
    taken = hints.count_points_hints(connection, team.id, puzzle.id)
    points = reduced(full, points_hints=taken, is_close_answer=is_close_answer)
    guesses.add_solve(connection, team.id, puzzle.id, now, points, is_late=is_late)
    if not is_late:
        ledger.book(connection, team.id, "points", points, reason, now, puzzle.id, actor)
        team.score += points
        add_solve_xp(connection, ports, team, puzzle, granted_at or now)
    return SolveOutcome(points, open_next(connection, ports, content, team, puzzle, before, granted_at or now))


def publish_solve(ports: Ports, team: LockedTeam, puzzle: Puzzle, solve: SolveOutcome) -> None:
    """After commit: push the solve and what it opened to the team's open pages."""
    audience, points = f"team:{team.id}", {"points": solve.points, "score": team.score}
    ports.broadcaster.push(audience, "solve", {"puzzle": puzzle.key, "title": puzzle.title, **points})
    if solve.unlocked:
        ports.broadcaster.push(audience, "unlock", {"items": list(solve.unlocked_links())})


def progress_under_lock(connection: Transaction, ports: Ports, team: LockedTeam) -> Progress:
    """The team's progress as the transaction sees it."""
    solved, skipped, unlocked = guesses.read_progress(connection, team.id)
    starts_at = ports.hunt.starts_at
    base = max(team.created_at, starts_at) if starts_at else team.created_at
    return Progress(division=team.division, base=base, solved=solved, skipped=skipped, unlocked=unlocked)


def open_next(
    connection: Transaction, ports: Ports, content: Content, team: LockedTeam, puzzle: Puzzle, before: Progress,
    now: datetime, *, is_skip: bool = False,
) -> tuple[Level | Puzzle, ...]:  # fmt: skip
    """Record what passing ``puzzle`` opens for the team, in playing order."""
    solved = before.solved if is_skip else {**before.solved, puzzle.id: now}
    skipped = {**before.skipped, puzzle.id: now} if is_skip else before.skipped
    after = Progress(before.division, before.base, solved, skipped, before.unlocked)
    levels, puzzles = newly_open(content, before, after, now, ports.hunt.anchor_puzzle or None)
    guesses.record_unlocks(connection, team.id, {found.id: now for found in puzzles})
    return (*levels, *puzzles)


def _solved_before(
    connection: Transaction, team: LockedTeam, puzzle: Puzzle, solved_at: datetime, *, is_granted: bool
) -> int:
    """How many teams were faster. Staff solve without being counted: a test solve must not cost a team its place."""
    if team.role != "team":
        return guesses.count_solvers(connection, puzzle.id)
    counted = guesses.count_solver(connection, puzzle.id)
    return guesses.count_solved_before(connection, puzzle.id, solved_at) if is_granted else counted


def _points(
    ports: Ports, content: Content, puzzle: Puzzle, before: Progress, solved_at: datetime, solved_before: int
) -> int:
    hunt = ports.hunt
    return points_for(
        hunt.scoring,
        puzzle.value,
        unlocked_at=opened_at(content, puzzle, before, hunt.anchor_puzzle or None) or solved_at,
        solved_at=solved_at,
        solved_before=solved_before,
        time_floor_percent=hunt.time_floor,
        time_window_seconds=hunt.time_window,
    )
