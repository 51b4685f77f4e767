"""A team looks at puzzles for the first time: noted, off the page's path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.rules.model import Content, Progress, Puzzle
from app.rules.unlocks import opened_at
from app.services.ports import Ports
from app.store import guesses


def note_views(
    ports: Ports, content: Content, progress: Progress, team_id: int, puzzles: Sequence[Puzzle], now: datetime
) -> None:
    """Write down, after the page has gone out, when the team first looked and since when it could.

    Losing this (a process killed in between) loses nothing: the opening is worked out again, the next look is noted.
    """
    anchor = ports.hunt.anchor_puzzle or None
    opened = {puzzle.id: opened_at(content, puzzle, progress, anchor) or now for puzzle in puzzles}

    def write() -> None:
        with ports.database.writing() as connection:
            guesses.record_views(connection, team_id, opened, now)

    if opened:
        ports.later(write)
