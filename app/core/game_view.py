"""The only rules for what a team may see at one moment.

“Passed” means solved or skipped. A prerequisite missing from the content never blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from app.core.hunt_settings import HuntSettings
from app.core.model import Content, Level, Progress, Puzzle


def is_level_open(content: Content, level: Level, progress: Progress, now: datetime, anchor: str | None = None) -> bool:
    """Enabled, in time, enough prerequisites passed.

    Until the anchor (slug or id) is solved, only its level is open. An unknown anchor has no effect.
    """
    anchored = _anchored_level(content, progress, anchor)
    return _is_level_open(content, level, progress, now, anchored)


def is_puzzle_open(
    content: Content, puzzle: Puzzle, progress: Progress, now: datetime, anchor: str | None = None
) -> bool:
    level = content.levels_by_key.get(puzzle.level_id)
    if level is None or not is_level_open(content, level, progress, now, anchor):
        return False
    return _holds_for(content, puzzle, progress) and _has_come(puzzle.unlock_at, now)


def open_levels(content: Content, progress: Progress, now: datetime, anchor: str | None = None) -> frozenset[str]:
    """Record ids."""
    anchored = _anchored_level(content, progress, anchor)
    return frozenset(level.id for level in content.levels if _is_level_open(content, level, progress, now, anchored))


def open_puzzles(content: Content, progress: Progress, now: datetime, anchor: str | None = None) -> frozenset[str]:
    """Record ids, in one pass."""
    levels = open_levels(content, progress, now, anchor)
    return frozenset(
        puzzle.id
        for puzzle in content.puzzles
        if puzzle.level_id in levels and _has_come(puzzle.unlock_at, now) and _holds_for(content, puzzle, progress)
    )


def newly_open(
    content: Content, before: Progress, after: Progress, now: datetime, anchor: str | None = None
) -> tuple[tuple[Level, ...], tuple[Puzzle, ...]]:
    """Open with ``after``, not with ``before``; in playing order."""
    levels = open_levels(content, after, now, anchor) - open_levels(content, before, now, anchor)
    puzzles = open_puzzles(content, after, now, anchor) - open_puzzles(content, before, now, anchor)
    return (
        tuple(level for level in content.levels if level.id in levels),
        tuple(puzzle for puzzle in content.puzzles if puzzle.id in puzzles),
    )


def opened_at(content: Content, puzzle: Puzzle, progress: Progress, anchor: str | None = None) -> datetime | None:
    """The recorded time, or the latest condition's (with ``PrereqCount`` k, the k-th passed).

    Future if only time is missing; None if more is.
    """
    if puzzle.id in progress.unlocked:
        return progress.unlocked[puzzle.id]
    level = content.levels_by_key.get(puzzle.level_id)
    if level is None or not _holds_for(content, puzzle, progress):
        return None
    level_at = _level_opened_at(content, level, progress, anchor)
    if level_at is None:
        return None
    own = [progress.passed_at(found) for found in _known(content, puzzle.prereq)]
    return _latest([level_at, content.since.get(puzzle.id), puzzle.unlock_at, *own])


def next_opening_at(content: Content, progress: Progress, now: datetime, anchor: str | None = None) -> datetime | None:
    """When time alone opens the next level or puzzle, or None."""
    return min((moment for moment in _timed_openings(content, progress, anchor) if moment > now), default=None)


def _timed_openings(content: Content, progress: Progress, anchor: str | None) -> Iterator[datetime]:
    anchored = _anchored_level(content, progress, anchor)
    ready = {level.id: level for level in content.levels if _level_holds(content, level, progress, anchored)}
    yield from (level.unlock_at for level in ready.values() if level.unlock_at is not None)
    for puzzle in content.puzzles:
        if puzzle.level_id in ready and _holds_for(content, puzzle, progress):
            moments = [at for at in (ready[puzzle.level_id].unlock_at, puzzle.unlock_at) if at is not None]
            yield from [max(moments)] if moments else []


def _level_opened_at(content: Content, level: Level, progress: Progress, anchor: str | None) -> datetime | None:
    if not _level_holds(content, level, progress, _anchored_level(content, progress, anchor)):
        return None
    held_by = content.puzzle(anchor) if anchor else None
    released = progress.solved.get(held_by.id) if held_by and held_by.level_id != level.id else None
    return _latest([progress.base, level.unlock_at, released, *_earned(content, level, progress)])


def _earned(content: Content, level: Level, progress: Progress) -> list[datetime]:
    return _passed(content, level.prereq, progress)[: _needed(content, level)]


def _is_level_open(content: Content, level: Level, progress: Progress, now: datetime, anchored: str | None) -> bool:
    return _has_come(level.unlock_at, now) and _level_holds(content, level, progress, anchored)


def _level_holds(content: Content, level: Level, progress: Progress, anchored: str | None) -> bool:
    """All but time."""
    if not level.is_unlocked or anchored not in (None, level.id):
        return False
    if progress.sees_all:
        return True
    return len(_passed(content, level.prereq, progress)) >= _needed(content, level)


def _holds_for(content: Content, puzzle: Puzzle, progress: Progress) -> bool:
    """Its own conditions, all but time."""
    if progress.sees_all:
        return puzzle.is_unlocked
    if not puzzle.is_unlocked or (puzzle.divisions and progress.division not in puzzle.divisions):
        return False
    return all(progress.passed_at(found) is not None for found in _known(content, puzzle.prereq))


def _needed(content: Content, level: Level) -> int:
    known = len(_known(content, level.prereq))
    return known if level.prereq_count is None else max(0, min(level.prereq_count, known))


def _passed(content: Content, prereq: Sequence[str], progress: Progress) -> list[datetime]:
    moments = (progress.passed_at(found) for found in _known(content, prereq))
    return sorted(moment for moment in moments if moment is not None)


def _known(content: Content, prereq: Sequence[str]) -> list[str]:
    return [found for found in dict.fromkeys(prereq) if found in content.puzzles_by_key] if prereq else []


def _anchored_level(content: Content, progress: Progress, anchor: str | None) -> str | None:
    """None if the anchor does not apply. A skip does not satisfy it."""
    puzzle = content.puzzle(anchor) if anchor and not progress.sees_all else None
    return None if puzzle is None or puzzle.id in progress.solved else puzzle.level_id


def _has_come(moment: datetime | None, now: datetime) -> bool:
    return moment is None or now >= moment


def _latest(moments: Iterable[datetime | None]) -> datetime:
    return max(moment for moment in moments if moment is not None)


@dataclass(frozen=True)
class GameView:
    content: Content
    settings: HuntSettings
    now: datetime
    progress: Progress

    def is_level_open(self, level: Level) -> bool:
        return is_level_open(self.content, level, self.progress, self.now, self.settings.anchor_puzzle)

    def is_puzzle_open(self, puzzle: Puzzle) -> bool:
        return is_puzzle_open(self.content, puzzle, self.progress, self.now, self.settings.anchor_puzzle)

    @cached_property
    def open_levels(self) -> frozenset[str]:
        return open_levels(self.content, self.progress, self.now, self.settings.anchor_puzzle)

    @cached_property
    def open_puzzles(self) -> frozenset[str]:
        return open_puzzles(self.content, self.progress, self.now, self.settings.anchor_puzzle)

    def open_in(self, level: Level) -> tuple[Puzzle, ...]:
        """In playing order; empty if the level is closed."""
        return tuple(puzzle for puzzle in self.content.puzzles_by_level[level.id] if puzzle.id in self.open_puzzles)

    def opened_at(self, puzzle: Puzzle) -> datetime:
        """``now`` if unknown."""
        progress, starts_at = self.progress, self.settings.starts_at
        if starts_at is not None and starts_at > progress.base:
            progress = replace(progress, base=starts_at)
        return opened_at(self.content, puzzle, progress, self.settings.anchor_puzzle) or self.now

    def opened_by(self, puzzle: Puzzle, *, is_skip: bool = False) -> tuple[Level | Puzzle, ...]:
        passed = {puzzle.id: self.now}
        if is_skip:
            after = replace(self.progress, skipped={**self.progress.skipped, **passed})
        else:
            after = replace(self.progress, solved={**self.progress.solved, **passed})
        levels, puzzles = newly_open(self.content, self.progress, after, self.now, self.settings.anchor_puzzle)
        return (*levels, *puzzles)

    def way_into(self, level: Level) -> tuple[int, int, tuple[Puzzle, ...]]:
        """(needed, passed, which): the puzzles to pass before the level opens.

        Until the anchor is solved, it alone.
        """
        anchor = self.settings.anchor_puzzle
        held_by = self.content.puzzle(anchor) if anchor else None
        if held_by and _anchored_level(self.content, self.progress, anchor) not in (None, level.id):
            return 1, 0, (held_by,)
        puzzles = tuple(self.content.puzzles_by_key[one] for one in _known(self.content, level.prereq))
        return _needed(self.content, level), len(_passed(self.content, level.prereq, self.progress)), puzzles

    def opened_with(self, puzzle: Puzzle) -> tuple[Level | Puzzle, ...]:
        """What the team's solve of this puzzle opened at its time, as far as it is open now."""
        at = self.progress.solved.get(puzzle.id)
        if at is None or self.progress.sees_all:
            return ()
        solved, skipped = (
            {one: when for one, when in passed.items() if when <= at}
            for passed in (self.progress.solved, self.progress.skipped)
        )
        after = replace(self.progress, solved=solved, skipped=skipped)
        before = replace(after, solved={one: when for one, when in solved.items() if one != puzzle.id})
        levels, puzzles = newly_open(self.content, before, after, at, self.settings.anchor_puzzle)
        opened = [level for level in levels if level.id in self.open_levels]
        return (*opened, *(one for one in puzzles if one.id in self.open_puzzles))
