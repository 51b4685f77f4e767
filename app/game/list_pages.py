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
class AccessChoice:
    """An accessibility tag that can be asked for, and how many open puzzles carry it."""

    tag: str
    count: int
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class AccessBox:
    """The filter above a list of puzzles. ``query`` is what links carry along (with its question mark), empty without
    a filter; ``shown`` of ``total`` open puzzles fit it; ``has_unknown``: a tag is asked for that none of them has."""

    action: str
    choices: tuple[AccessChoice, ...]
    query: str = ""
    shown: int = 0
    total: int = 0
    has_unknown: bool = False


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
    access: AccessBox


@dataclass(frozen=True, slots=True)
class LevelPage:
    """``/game/KEY``: one open level with its puzzles. ``css_url`` is empty without custom CSS."""

    level: LevelCard
    access: AccessBox
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
