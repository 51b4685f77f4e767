"""A team looks at a puzzle for the first time: noted, off the page's path."""

from __future__ import annotations

from datetime import datetime

from app.rules.model import Content, Progress, Puzzle
from app.rules.unlocks import opened_at
from app.services.ports import Ports
from app.store import guesses


def note_view(ports: Ports, content: Content, progress: Progress, team_id: int, puzzle: Puzzle, now: datetime) -> None:
    """Write down, after the page has gone out, when the team first looked and since when it could.

    Losing this (a process killed in between) loses nothing: the opening is worked out again, the next look is noted.
    """
    unlocked_at = opened_at(content, puzzle, progress, ports.hunt.anchor_puzzle or None) or now

    def write() -> None:
        with ports.database.writing() as connection:
            guesses.record_view(connection, team_id, puzzle.id, unlocked_at, now)

    ports.later(write)
