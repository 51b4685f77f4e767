"""Records first views in the background."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.game_view import GameView
from app.core.model import Puzzle
from app.database.engine import Database
from app.guesses import queries as guess_queries
from app.ports import RunLater


def note_views(database: Database, later: RunLater, game: GameView, team_id: int, puzzles: Sequence[Puzzle]) -> None:
    """A lost record is written at the next view."""
    opened = {puzzle.id: game.opened_at(puzzle) for puzzle in puzzles}

    def write() -> None:
        with database.writing() as connection:
            guess_queries.record_views(connection, team_id, opened, game.now)

    if opened:
        later(write)
