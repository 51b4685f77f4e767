"""The hunt as values: what a content version holds, and what a team has done with it.

Frozen dataclasses only; how they come out of Airtable or a file is :mod:`app.content`'s business, how a team's
progress is read from the database is :mod:`app.store`'s. Every ``*_html`` field has been rendered and sanitised at
restock and may go to a page as it is; every other text is plain. Times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

PuzzleKind = Literal["Text", "Link", "Embed"]
Verdict = Literal["correct", "close", "wrong", "repeat"]
HuntState = Literal["before", "running", "ended"]


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint of a puzzle. ``cost`` in credits; ``available_after`` in minutes since the team unlocked the puzzle."""

    id: str
    order: float
    html: str
    cost: int = 1
    available_after: int | None = None


@dataclass(frozen=True, slots=True)
class NearAnswer:
    """An answer that is not right but deserves its own message (``Close1``…``Close5``)."""

    hash: str
    message_html: str


@dataclass(frozen=True, slots=True)
class StoryBlock:
    """A piece of the story. ``html`` may hold ``{team}``, which stands for the team's display name."""

    id: str
    order: float
    html: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a puzzle. ``url`` is where this site serves it; sizes in pixels where known; ``srcset`` names smaller
    copies of a wide picture."""

    url: str
    filename: str
    media_type: str
    width: int | None = None
    height: int | None = None
    srcset: str = ""


@dataclass(frozen=True, slots=True)
class Puzzle:
    """One puzzle of a content version. ``key`` is its slug, else its record id; ``answers`` are bcrypt hashes."""

    id: str
    key: str
    title: str
    level_id: str
    order: float = 0
    description_html: str = ""
    value: int = 0
    is_meta: bool = False
    is_unlocked: bool = True
    unlock_at: datetime | None = None
    prereq: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()
    kind: PuzzleKind = "Text"
    body_html: str = ""
    url: str = ""
    attachments: tuple[Attachment, ...] = ()
    css: str = ""
    script: str = ""
    answers: tuple[str, ...] = ()
    near: str = ""
    close: tuple[NearAnswer, ...] = ()
    success_html: str = ""
    error_html: str = ""
    hints: tuple[Hint, ...] = ()
    story: tuple[StoryBlock, ...] = ()
    erratum_html: str = ""
    solution_html: str = ""
    authors: str = ""
    access: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A set of puzzles. ``prereq_count`` of ``prereq`` must be passed, all of them when it is None."""

    id: str
    key: str
    title: str
    order: float = 0
    description_html: str = ""
    is_unlocked: bool = True
    unlock_at: datetime | None = None
    prereq: tuple[str, ...] = ()
    prereq_count: int | None = None
    metas: tuple[str, ...] = ()
    css: str = ""


@dataclass(frozen=True, slots=True)
class Division:
    """A board to compete on. ``final_puzzle_id`` is the puzzle whose solve finishes the hunt for its teams."""

    code: str
    name: str
    is_public: bool = True
    is_ranked: bool = True
    final_puzzle_id: str | None = None
    order: float = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page of plain reading: ``rules``, ``stuck``, ``credits``, ``home`` or the organisers' own."""

    slug: str
    title: str
    html: str
    order: float = 0


@dataclass(frozen=True, slots=True)
class Content:
    """One content version in memory: immutable, complete, checked.

    ``levels`` and ``puzzles`` are in playing order (level order, then puzzle order, then id). ``since`` tells for a
    puzzle that was opened by the organisers in the middle of the hunt when that was; puzzles absent from it were there
    from the beginning.
    """

    version: int
    levels: tuple[Level, ...]
    puzzles: tuple[Puzzle, ...]
    divisions: tuple[Division, ...]
    pages: tuple[Page, ...] = ()
    assets: Mapping[str, str] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    site_css: str = ""

    # Look-up tables, derived once in __post_init__.
    levels_by_key: Mapping[str, Level] = field(init=False, repr=False, compare=False)
    puzzles_by_key: Mapping[str, Puzzle] = field(init=False, repr=False, compare=False)
    puzzles_by_level: Mapping[str, tuple[Puzzle, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        level_rank = {level.id: rank for rank, level in enumerate(sorted(self.levels, key=lambda x: (x.order, x.id)))}
        levels = tuple(sorted(self.levels, key=lambda x: level_rank[x.id]))
        puzzles = tuple(sorted(self.puzzles, key=lambda x: (level_rank.get(x.level_id, 1 << 30), x.order, x.id)))
        by_level: dict[str, list[Puzzle]] = {level.id: [] for level in levels}
        for puzzle in puzzles:
            by_level.setdefault(puzzle.level_id, []).append(puzzle)
        derived = {
            "levels": levels,
            "puzzles": puzzles,
            "levels_by_key": {**{x.id: x for x in levels}, **{x.key: x for x in levels}},
            "puzzles_by_key": {**{x.id: x for x in puzzles}, **{x.key: x for x in puzzles}},
            "puzzles_by_level": {key: tuple(found) for key, found in by_level.items()},
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def level(self, key: str) -> Level | None:
        """The level with this slug or record id, or None."""
        return self.levels_by_key.get(key)

    def puzzle(self, key: str) -> Puzzle | None:
        """The puzzle with this slug or record id, or None."""
        return self.puzzles_by_key.get(key)

    def level_of(self, puzzle: Puzzle) -> Level:
        """The level that holds ``puzzle``; a checked content always has it."""
        return self.levels_by_key[puzzle.level_id]

    def division(self, code: str) -> Division | None:
        """The division with this code, or None."""
        return next((found for found in self.divisions if found.code == code), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """What one team has done so far: all that the unlock rules look at.

    ``base`` is the moment before which nothing can have been unlocked by this team: its registration, or the start of
    the hunt where that is later, which :class:`app.core.game_view.GameView` applies. ``unlocked`` are the moments
    already recorded. ``sees_all`` is the archive: prerequisites, the anchor and divisions hold nobody back any more,
    boxes and times still do.
    """

    division: str
    base: datetime
    solved: Mapping[str, datetime] = field(default_factory=dict)
    skipped: Mapping[str, datetime] = field(default_factory=dict)
    unlocked: Mapping[str, datetime] = field(default_factory=dict)
    sees_all: bool = False

    def passed_at(self, puzzle_id: str) -> datetime | None:
        """When the team solved or skipped the puzzle, or None while it is still in the way."""
        return self.solved.get(puzzle_id) or self.skipped.get(puzzle_id)


def playable(content: Content) -> Sequence[Puzzle]:
    """All puzzles whose own box and whose level's are on, in playing order."""
    levels = {level.id for level in content.levels if level.is_unlocked}
    return [puzzle for puzzle in content.puzzles if puzzle.is_unlocked and puzzle.level_id in levels]
