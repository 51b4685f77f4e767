"""What one team may see at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from app.core import unlocks
from app.core.hunt_settings import HuntSettings
from app.core.model import Content, Level, Progress, Puzzle


@dataclass(frozen=True)
class GameView:
    """Bundles the arguments of :mod:`app.core.unlocks`."""

    content: Content
    settings: HuntSettings
    now: datetime
    progress: Progress

    def is_level_open(self, level: Level) -> bool:
        return unlocks.is_level_open(self.content, level, self.progress, self.now, self.settings.anchor_puzzle)

    def is_puzzle_open(self, puzzle: Puzzle) -> bool:
        return unlocks.is_puzzle_open(self.content, puzzle, self.progress, self.now, self.settings.anchor_puzzle)

    @cached_property
    def open_levels(self) -> frozenset[str]:
        return unlocks.open_levels(self.content, self.progress, self.now, self.settings.anchor_puzzle)

    @cached_property
    def open_puzzles(self) -> frozenset[str]:
        return unlocks.open_puzzles(self.content, self.progress, self.now, self.settings.anchor_puzzle)

    def open_in(self, level: Level) -> tuple[Puzzle, ...]:
        """In playing order; empty if the level is closed."""
        return tuple(puzzle for puzzle in self.content.puzzles_by_level[level.id] if puzzle.id in self.open_puzzles)

    def opened_at(self, puzzle: Puzzle) -> datetime:
        """When the puzzle opened for the team, or ``now`` if unknown."""
        progress, starts_at = self.progress, self.settings.starts_at
        if starts_at is not None and starts_at > progress.base:
            progress = replace(progress, base=starts_at)
        return unlocks.opened_at(self.content, puzzle, progress, self.settings.anchor_puzzle) or self.now

    def opened_by(self, puzzle: Puzzle, *, is_skip: bool = False) -> tuple[Level | Puzzle, ...]:
        """What solving (or skipping) the puzzle unlocks: levels, then puzzles, in playing order."""
        passed = {puzzle.id: self.now}
        if is_skip:
            after = replace(self.progress, skipped={**self.progress.skipped, **passed})
        else:
            after = replace(self.progress, solved={**self.progress.solved, **passed})
        levels, puzzles = unlocks.newly_open(self.content, self.progress, after, self.now, self.settings.anchor_puzzle)
        return (*levels, *puzzles)
