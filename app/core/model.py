"""Immutable content and progress. Every ``*_html`` field is sanitised at restock and safe to output; other text is
plain. Times are aware UTC.
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
    """``cost`` in credits; ``available_after`` in minutes since the unlock."""

    id: str
    order: float
    html: str
    cost: int = 1
    available_after: int | None = None


@dataclass(frozen=True, slots=True)
class NearAnswer:
    """A wrong answer with its own message (``Close1``…``Close5``)."""

    hash: str
    message_html: str


@dataclass(frozen=True, slots=True)
class StoryBlock:
    """``{team}`` in ``html`` is the display name."""

    id: str
    order: float
    html: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """``url`` on this site; sizes in pixels, if known; ``srcset``: thumbnails."""

    url: str
    filename: str
    media_type: str
    width: int | None = None
    height: int | None = None
    srcset: str = ""


@dataclass(frozen=True, slots=True)
class Puzzle:
    """``key``: slug or record id; ``answers``: bcrypt hashes."""

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
    has_free_guesses: bool = False

    @property
    def page_url(self) -> str:
        return f"/game/puzzle/{self.key}"


@dataclass(frozen=True, slots=True)
class Level:
    """``prereq_count`` of ``prereq`` must be passed; None: all."""

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

    @property
    def page_url(self) -> str:
        return f"/game/{self.key}"


@dataclass(frozen=True, slots=True)
class Division:
    """``final_puzzle_id`` finishes the hunt.

    ``is_closed``: removed while it had teams; nobody joins.
    """

    code: str
    name: str
    is_public: bool = True
    is_ranked: bool = True
    final_puzzle_id: str | None = None
    order: float = 0
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """``rules``, ``stuck``, ``credits``, ``home`` or custom."""

    slug: str
    title: str
    html: str
    order: float = 0


@dataclass(frozen=True, slots=True)
class Content:
    """One immutable version in playing order.

    ``since``: when puzzles opened mid-hunt; others were there from the start.
    """

    version: int
    levels: tuple[Level, ...]
    puzzles: tuple[Puzzle, ...]
    divisions: tuple[Division, ...]
    pages: tuple[Page, ...] = ()
    assets: Mapping[str, str] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    site_css: str = ""

    # Lookup tables, built in __post_init__.
    levels_by_key: Mapping[str, Level] = field(init=False, repr=False, compare=False)
    puzzles_by_key: Mapping[str, Puzzle] = field(init=False, repr=False, compare=False)
    puzzles_by_level: Mapping[str, tuple[Puzzle, ...]] = field(init=False, repr=False, compare=False)
    feeders: Mapping[str, tuple[Puzzle, ...]] = field(init=False, repr=False, compare=False)

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
            "feeders": {puzzle.id: _feeders(puzzle, levels, puzzles) for puzzle in puzzles if puzzle.is_meta},
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def level(self, key: str) -> Level | None:
        return self.levels_by_key.get(key)

    def puzzle(self, key: str) -> Puzzle | None:
        return self.puzzles_by_key.get(key)

    def level_of(self, puzzle: Puzzle) -> Level:
        return self.levels_by_key[puzzle.level_id]

    def division(self, code: str) -> Division | None:
        return next((found for found in self.divisions if found.code == code), None)


def _feeders(meta: Puzzle, levels: Sequence[Level], puzzles: Sequence[Puzzle]) -> tuple[Puzzle, ...]:
    """A meta's puzzles in playing order: those of its levels, and its prerequisites.

    Another meta only as a prerequisite.
    """
    fed_by = {level.id for level in levels if meta.id in level.metas} or {meta.level_id}
    return tuple(
        puzzle
        for puzzle in puzzles
        if puzzle.id != meta.id and (puzzle.id in meta.prereq or (puzzle.level_id in fed_by and not puzzle.is_meta))
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """Nothing opens before ``base``: the registration, or a later start (:class:`app.core.game_view.GameView`).
    ``sees_all`` (archive) ignores prerequisites, anchor and divisions, not checkboxes and times.
    """

    division: str
    base: datetime
    solved: Mapping[str, datetime] = field(default_factory=dict)
    skipped: Mapping[str, datetime] = field(default_factory=dict)
    unlocked: Mapping[str, datetime] = field(default_factory=dict)
    sees_all: bool = False

    def passed_at(self, puzzle_id: str) -> datetime | None:
        return self.solved.get(puzzle_id) or self.skipped.get(puzzle_id)


def playable(content: Content) -> Sequence[Puzzle]:
    """Enabled puzzles of enabled levels, in playing order."""
    levels = {level.id for level in content.levels if level.is_unlocked}
    return [puzzle for puzzle in content.puzzles if puzzle.is_unlocked and puzzle.level_id in levels]
