"""Lists of the game: levels, cards of puzzles, the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PuzzleCard:
    """A puzzle in a list. Closed puzzles are never in a list."""

    key: str
    title: str
    url: str
    value: int
    is_meta: bool
    is_solved: bool
    is_skipped: bool
    points: int | None
    description_html: str = ""
    access: tuple[str, ...] = ()
    is_new: bool = False
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LevelCard:
    """A level on the overview. A closed level shows only its title and, where it has one, its opening time."""

    key: str
    title: str
    url: str
    is_open: bool
    description_html: str
    solved: int
    total: int
    puzzles: tuple[PuzzleCard, ...]
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GamePage:
    """``/game``: all levels."""

    levels: tuple[LevelCard, ...]
    solved: int
    total: int


@dataclass(frozen=True, slots=True)
class LevelPage:
    """``/game/KEY``: one open level with its puzzles. ``css_url`` is empty without custom CSS."""

    level: LevelCard
    css_url: str = ""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """A revealed story block with the puzzle that revealed it."""

    puzzle_title: str
    puzzle_url: str
    html: str


@dataclass(frozen=True, slots=True)
class StoryPage:
    """``/story``: what this team has been told so far, in order."""

    entries: tuple[StoryEntry, ...]
