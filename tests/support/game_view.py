"""One look at a game each, by its content, a progress, a moment and an anchor."""

from datetime import UTC, datetime

from app.core.game_view import open_puzzles as open_puzzles
from app.core.game_view import view_of

# Told by identity: what has not opened is said to open now.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def is_puzzle_open(content, puzzle, progress, now, anchor=None):
    return view_of(content, progress, now, anchor).is_puzzle_open(puzzle)


def is_level_open(content, level, progress, now, anchor=None):
    return view_of(content, progress, now, anchor).is_level_open(level)


def open_levels(content, progress, now, anchor=None):
    return view_of(content, progress, now, anchor).open_levels


def newly_open(content, before, after, now, anchor=None):
    return view_of(content, before, now, anchor).newly_open(after)


def opened_at(content, puzzle, progress, anchor=None):
    found = view_of(content, progress, NEVER, anchor).opened_at(puzzle)
    return None if found is NEVER else found


def next_opening_at(content, progress, now, anchor=None):
    return view_of(content, progress, now, anchor).next_opening_at()
