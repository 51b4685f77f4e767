"""The only rules for what a team may see at one moment.

“Passed” means solved or skipped. A prerequisite missing from the content never blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache

from app.core.hunt_settings import HuntSettings
from app.core.model import Content, Level, Progress, Puzzle


@dataclass(frozen=True)
class GameView:
    content: Content
    settings: HuntSettings
    now: datetime
    progress: Progress

    def is_level_open(self, level: Level) -> bool:
        """Enabled, in time, enough prerequisites passed.

        Until the anchor (slug or id) is solved, only its level is open. An unknown anchor has no effect.
        """
        return (level.unlock_at is None or level.unlock_at <= self.now) and self._level_holds(level)

    def is_puzzle_open(self, puzzle: Puzzle) -> bool:
        level = self.content.levels_by_key.get(puzzle.level_id)
        if level is None or not self.is_level_open(level):
            return False
        return (puzzle.unlock_at is None or puzzle.unlock_at <= self.now) and self._holds(puzzle)

    @cached_property
    def open_levels(self) -> frozenset[str]:
        """Record ids."""
        return frozenset(level.id for level in self.content.levels if self.is_level_open(level))

    @cached_property
    def open_puzzles(self) -> frozenset[str]:
        """Record ids, in one pass."""
        now, levels = self.now, self.open_levels
        return frozenset(
            puzzle.id
            for puzzle in self.content.puzzles
            if puzzle.level_id in levels and (puzzle.unlock_at is None or puzzle.unlock_at <= now)
            if self._holds(puzzle)
        )

    def open_in(self, level: Level) -> tuple[Puzzle, ...]:
        """In playing order; empty if the level is closed."""
        return tuple(puzzle for puzzle in self.content.puzzles_by_level[level.id] if puzzle.id in self.open_puzzles)

    def opened_at(self, puzzle: Puzzle) -> datetime:
        """The recorded time, or the latest condition's (with ``PrereqCount`` k, the k-th passed).

        Future if only time is missing; ``now`` if more is.
        """
        progress, level = self.progress, self.content.levels_by_key.get(puzzle.level_id)
        if puzzle.id in progress.unlocked:
            return progress.unlocked[puzzle.id]
        if level is None or not self._holds(puzzle) or not self._level_holds(level):
            return self.now
        needed, passed = self._prerequisites(level)
        anchor = self.content.puzzle(self.settings.anchor_puzzle)
        released = progress.solved.get(anchor.id) if anchor and anchor.level_id != level.id else None
        own = [progress.passed_at(found) for found in self._known(puzzle.prereq)]
        timed = (self.settings.starts_at, level.unlock_at, puzzle.unlock_at, self.content.since.get(puzzle.id))
        return max(at for at in (progress.base, *timed, released, *passed[:needed], *own) if at is not None)

    def next_opening_at(self) -> datetime | None:
        """When time alone opens the next level or puzzle, or None."""
        ready = {level.id: level.unlock_at for level in self.content.levels if self._level_holds(level)}
        coming = list(ready.values())
        for puzzle in self.content.puzzles:
            if puzzle.level_id in ready and self._holds(puzzle):
                both = (ready[puzzle.level_id], puzzle.unlock_at)
                coming.append(max((at for at in both if at is not None), default=None))
        return min((at for at in coming if at is not None and at > self.now), default=None)

    def newly_open(self, after: Progress) -> tuple[tuple[Level, ...], tuple[Puzzle, ...]]:
        """Open with ``after``, not yet; in playing order."""
        then = replace(self, progress=after)
        levels, puzzles = then.open_levels - self.open_levels, then.open_puzzles - self.open_puzzles
        return (
            tuple(level for level in self.content.levels if level.id in levels),
            tuple(puzzle for puzzle in self.content.puzzles if puzzle.id in puzzles),
        )

    def opened_by(self, puzzle: Puzzle, *, is_skip: bool = False) -> tuple[Level | Puzzle, ...]:
        passed = {puzzle.id: self.now}
        if is_skip:
            after = replace(self.progress, skipped={**self.progress.skipped, **passed})
        else:
            after = replace(self.progress, solved={**self.progress.solved, **passed})
        levels, puzzles = self.newly_open(after)
        return (*levels, *puzzles)

    def way_into(self, level: Level) -> tuple[int, int, tuple[Puzzle, ...]]:
        """(needed, passed, which): the puzzles to pass before the level opens.

        Until the anchor is solved, it alone.
        """
        anchor = self.content.puzzle(self.settings.anchor_puzzle)
        if anchor and self._anchored not in (None, level.id):
            return 1, 0, (anchor,)
        needed, passed = self._prerequisites(level)
        return needed, len(passed), tuple(self.content.puzzles_by_key[one] for one in self._known(level.prereq))

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
        levels, puzzles = replace(self, now=at, progress=before).newly_open(after)
        opened = [level for level in levels if level.id in self.open_levels]
        return (*opened, *(one for one in puzzles if one.id in self.open_puzzles))

    @cached_property
    def _anchored(self) -> str | None:
        """The one level that may be open; None if the anchor does not apply. A skip does not satisfy it."""
        anchor = None if self.progress.sees_all else self.content.puzzle(self.settings.anchor_puzzle)
        return None if anchor is None or anchor.id in self.progress.solved else anchor.level_id

    def _level_holds(self, level: Level) -> bool:
        """All but time."""
        if not level.is_unlocked or self._anchored not in (None, level.id):
            return False
        if self.progress.sees_all:
            return True
        needed, passed = self._prerequisites(level)
        return len(passed) >= needed

    def _holds(self, puzzle: Puzzle) -> bool:
        """Its own conditions, all but time."""
        progress = self.progress
        if progress.sees_all:
            return puzzle.is_unlocked
        if not puzzle.is_unlocked or (puzzle.divisions and progress.division not in puzzle.divisions):
            return False
        return all(progress.passed_at(found) is not None for found in self._known(puzzle.prereq))

    def _prerequisites(self, level: Level) -> tuple[int, list[datetime]]:
        """How many have to be passed, and when those that are were."""
        known = self._known(level.prereq)
        moments = (self.progress.passed_at(found) for found in known)
        needed = len(known) if level.prereq_count is None else max(0, min(level.prereq_count, len(known)))
        return needed, sorted(moment for moment in moments if moment is not None)

    def _known(self, prereq: Sequence[str]) -> list[str]:
        return [found for found in dict.fromkeys(prereq) if found in self.content.puzzles_by_key] if prereq else []


@lru_cache(16)
def _held_by(anchor: str) -> HuntSettings:
    return HuntSettings(anchor_puzzle=anchor)


def view_of(content: Content, progress: Progress, now: datetime, anchor: str | None = None) -> GameView:
    """Of a game that is only thought: the anchor is all there is of its settings."""
    return GameView(content, _held_by(anchor or ""), now, progress)


def open_puzzles(content: Content, progress: Progress, now: datetime, anchor: str | None = None) -> frozenset[str]:
    return view_of(content, progress, now, anchor).open_puzzles
