"""View models for levels, puzzle cards and the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PuzzleCard:
    """An open puzzle in a list. ``answer`` is what this team found; empty also where it is not kept.

    ``solve_count`` is how many teams have solved it, None where the organisers do not show it.
    """

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
    answer: str = ""
    solve_count: int | None = None


@dataclass(frozen=True, slots=True)
class AccessChoice:
    """A tag and its number of open puzzles."""

    tag: str
    count: int
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class FilterBox:
    """The filter forms; ``query`` starts with "?" or is empty.

    ``has_unknown``: no open puzzle has a requested tag. ``tags``, ``is_unsolved`` and ``search`` are what
    was asked for.
    """

    action: str
    choices: tuple[AccessChoice, ...]
    query: str = ""
    shown: int = 0
    total: int = 0
    has_unknown: bool = False
    tags: tuple[str, ...] = ()
    is_unsolved: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True)
class LevelCard:
    """A level; a closed one shows only title and opening time."""

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
    """``/game``."""

    levels: tuple[LevelCard, ...]
    solved: int
    total: int
    access: FilterBox


@dataclass(frozen=True, slots=True)
class LevelPage:
    """``/game/KEY``."""

    level: LevelCard
    access: FilterBox
    css_url: str = ""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """An unlocked story block and its puzzle."""

    puzzle_title: str
    puzzle_url: str
    html: str


@dataclass(frozen=True, slots=True)
class StoryPage:
    """``/story``."""

    entries: tuple[StoryEntry, ...]
