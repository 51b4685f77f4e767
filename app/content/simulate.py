"""A bot that plays the unlock rules to the end, to find dead ends.

It solves everything open at once and then waits for the next timed opening. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.core.game_view import view_of
from app.core.model import Content, Division, Level, Progress, Puzzle


@dataclass(frozen=True, slots=True)
class Opening:
    puzzle: Puzzle
    at: datetime
    step: int
    is_timed: bool


@dataclass(frozen=True, slots=True)
class DeadEnd:
    puzzle: Puzzle
    reason: str


@dataclass(frozen=True, slots=True)
class Walk:
    """``is_finished``: the final puzzle was solved, or there is none."""

    division: Division
    openings: tuple[Opening, ...]
    dead_ends: tuple[DeadEnd, ...]
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Report:
    walks: tuple[Walk, ...]

    @property
    def has_dead_ends(self) -> bool:
        return any(walk.dead_ends or not walk.is_finished for walk in self.walks)


def dry_run(content: Content, now: datetime, anchor: str | None = None) -> Report:
    return Report(tuple(_walk(content, division, now, anchor) for division in content.divisions))


@dataclass
class _Bot:
    content: Content
    division: Division
    now: datetime
    anchor: str | None
    solved: dict[str, datetime] = field(default_factory=dict)

    def progress(self) -> Progress:
        return Progress(self.division.code, base=self.now, solved=self.solved)

    def openings(self) -> Iterator[Opening]:
        step, was_asleep = 0, False
        while True:
            game = view_of(self.content, self.progress(), self.now, self.anchor)
            found = game.open_puzzles - self.solved.keys()
            if found:
                step += 1
                puzzles = [puzzle for puzzle in self.content.puzzles if puzzle.id in found]
                yield from (Opening(puzzle, self.now, step, was_asleep) for puzzle in puzzles)
                self.solved.update(dict.fromkeys(found, self.now))
                was_asleep = False
                continue
            wakes_at = game.next_opening_at()
            if wakes_at is None or wakes_at <= self.now:
                return
            self.now, was_asleep = wakes_at, True


def _walk(content: Content, division: Division, now: datetime, anchor: str | None) -> Walk:
    bot = _Bot(content, division, now, anchor)
    openings = tuple(bot.openings())
    closed = [puzzle for puzzle in content.puzzles if puzzle.id not in bot.solved and _is_meant_for(puzzle, division)]
    dead_ends = tuple(DeadEnd(puzzle, _reason(content, puzzle, bot.solved, division)) for puzzle in closed)
    final = division.final_puzzle_id
    return Walk(division, openings, dead_ends, final is None or final in bot.solved)


def _is_meant_for(puzzle: Puzzle, division: Division) -> bool:
    return not puzzle.divisions or division.code in puzzle.divisions


def _reason(content: Content, puzzle: Puzzle, solved: dict[str, datetime], division: Division) -> str:
    level = content.level_of(puzzle)
    if not level.is_unlocked:
        return f"its level “{level.title}” is not marked Unlocked"
    if not puzzle.is_unlocked:
        return "it is not marked Unlocked"
    missing = [*_missing(content, puzzle, solved), *_missing(content, level, solved)]
    if missing:
        names = ", ".join(f"“{one.title}”" for one in missing[:5])
        closed = "are closed" if len(missing) > 1 else "is closed"
        return f"{names} {closed} to the division {division.name}"
    return "the anchor puzzle never opens"


def _missing(content: Content, thing: Puzzle | Level, solved: dict[str, datetime]) -> list[Puzzle]:
    found = (content.puzzle(one) for one in thing.prereq)
    return [puzzle for puzzle in found if puzzle is not None and puzzle.id not in solved]
