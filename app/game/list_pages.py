"""View models for levels, puzzle cards and the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PuzzleCard:
    """``answer``: the team's; empty if not kept.

    ``solve_count``: None if hidden.
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
    tag: str
    count: int
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class FilterBox:
    """``query``: with "?" or empty.

    ``has_unknown``: a requested tag that no open puzzle has.
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
class WayIn:
    """How a closed level opens: ``passed`` of the ``needed`` puzzles; ``title`` if it is a single, open one."""

    needed: int
    passed: int
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class LevelCard:
    """A closed one has title, opening time and way in only. ``folded``: passed puzzles, where they are many."""

    key: str
    title: str
    url: str
    is_open: bool
    description_html: str
    solved: int
    total: int
    puzzles: tuple[PuzzleCard, ...]
    folded: tuple[PuzzleCard, ...] = ()
    opens_at: datetime | None = None
    way_in: WayIn | None = None


@dataclass(frozen=True, slots=True)
class PageLinks:
    """``url``: without the number."""

    page: int
    pages: int
    url: str


@dataclass(frozen=True, slots=True)
class GamePage:
    levels: tuple[LevelCard, ...]
    solved: int
    total: int
    access: FilterBox
    paging: PageLinks


@dataclass(frozen=True, slots=True)
class LevelPage:
    level: LevelCard
    access: FilterBox
    paging: PageLinks
    css_url: str = ""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    puzzle_title: str
    puzzle_url: str
    html: str


@dataclass(frozen=True, slots=True)
class StoryPage:
    entries: tuple[StoryEntry, ...]
