"""Teams that have a puzzle open and unsolved."""

from __future__ import annotations

from collections.abc import Sequence

from app.clock import Clock
from app.core.game_view import GameView
from app.core.in_force import InForce
from app.database import progress
from app.database.engine import Database

# Yield regularly: thousands of teams take a while.
_TEAMS_IN_ONE_GO = 50


def teams_at_work(database: Database, in_force: InForce, clock: Clock, puzzle_id: str) -> tuple[int, ...]:
    """Competing teams' ids; none before the start."""
    content, hunt, now = in_force.content, in_force.settings, clock.now()
    puzzle = content.puzzle(puzzle_id)
    if puzzle is None or hunt.state_at(now) == "before":
        return ()
    found = []
    for count, team in enumerate(progress.read_unsolved(database, puzzle.id)):
        if count % _TEAMS_IN_ONE_GO == 0:
            clock.sleep(0)
        if GameView(content, hunt, now, team.progress).is_puzzle_open(puzzle):
            found.append(team.team_id)
    return tuple(found)


def is_at_work(
    database: Database, in_force: InForce, clock: Clock, puzzle_id: str, team_ids: Sequence[int]
) -> bool:  # fmt: skip
    content, hunt, now = in_force.content, in_force.settings, clock.now()
    puzzle = content.puzzle(puzzle_id)
    if puzzle is None or hunt.state_at(now) == "before":
        return False
    return any(
        puzzle.id not in team.progress.solved and GameView(content, hunt, now, team.progress).is_puzzle_open(puzzle)
        for team in progress.read_teams(database, team_ids).values()
    )
