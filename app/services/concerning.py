"""Whom a word about one puzzle concerns: the teams that have it open and have not solved it."""

from __future__ import annotations

from app.rules.model import Content, Progress, Puzzle
from app.rules.schedule import hunt_state
from app.rules.unlocks import is_puzzle_open
from app.services.ports import Ports
from app.store import progress
from app.store.progress import TeamProgress

# Working this out for thousands of teams takes a while; every so often the others are let in.
_TEAMS_IN_ONE_GO = 50


def teams_at_work(ports: Ports, puzzle_id: str) -> tuple[int, ...]:
    """The ids of the competing teams that have the puzzle open at this moment, unsolved. None before the start."""
    content = ports.content.current()
    puzzle = content.puzzle(puzzle_id)
    if puzzle is None or hunt_state(ports.clock.now(), ports.hunt.starts_at, ports.hunt.ends_at) == "before":
        return ()
    found = []
    for count, team in enumerate(progress.read_unsolved(ports.database, puzzle.id)):
        if count % _TEAMS_IN_ONE_GO == 0:
            ports.pause(0)
        if _has_open(ports, content, puzzle, team):
            found.append(team.team_id)
    return tuple(found)


def _has_open(ports: Ports, content: Content, puzzle: Puzzle, team: TeamProgress) -> bool:
    starts_at = ports.hunt.starts_at
    base = max(team.created_at, starts_at) if starts_at else team.created_at
    so_far = Progress(team.division, base, team.solved, team.skipped, team.unlocked)
    return is_puzzle_open(content, puzzle, so_far, ports.clock.now(), ports.hunt.anchor_puzzle or None)
