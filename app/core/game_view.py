"""What one team may see of the hunt at one moment, and since when. Pure.

:mod:`app.core.unlocks` decides; a :class:`GameView` holds what it needs to know, so that nobody passes it along in
pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from app.core import unlocks
from app.core.hunt_settings import HuntSettings
from app.core.model import Content, Level, Progress, Puzzle


@dataclass(frozen=True)
class GameView:
    """The hunt as it is open to one team at ``now``, by the content and the settings in force."""

    content: Content
    settings: HuntSettings
    now: datetime
    progress: Progress

    def is_level_open(self, level: Level) -> bool:
        """Whether the team may enter the level."""
        return unlocks.is_level_open(self.content, level, self.progress, self.now, self.settings.anchor_puzzle)

    def is_puzzle_open(self, puzzle: Puzzle) -> bool:
        """Whether the team may see the puzzle."""
        return unlocks.is_puzzle_open(self.content, puzzle, self.progress, self.now, self.settings.anchor_puzzle)

    @cached_property
    def open_levels(self) -> frozenset[str]:
        """The record ids of all open levels."""
        return unlocks.open_levels(self.content, self.progress, self.now, self.settings.anchor_puzzle)

    @cached_property
    def open_puzzles(self) -> frozenset[str]:
        """The record ids of all open puzzles."""
        return unlocks.open_puzzles(self.content, self.progress, self.now, self.settings.anchor_puzzle)

    def open_in(self, level: Level) -> tuple[Puzzle, ...]:
        """The open puzzles of a level, in playing order; none of a closed one."""
        return tuple(puzzle for puzzle in self.content.puzzles_by_level[level.id] if puzzle.id in self.open_puzzles)

    def opened_at(self, puzzle: Puzzle) -> datetime:
        """When the puzzle opened for the team, or ``now`` where that cannot be worked out."""
        progress, starts_at = self.progress, self.settings.starts_at
        if starts_at is not None and starts_at > progress.base:
            progress = replace(progress, base=starts_at)
        return unlocks.opened_at(self.content, puzzle, progress, self.settings.anchor_puzzle) or self.now

    def opened_by(self, puzzle: Puzzle, *, is_skip: bool = False) -> tuple[Level | Puzzle, ...]:
        """What solving (or skipping) the puzzle now opens: levels, then puzzles, each in playing order."""
        passed = {puzzle.id: self.now}
        if is_skip:
            after = replace(self.progress, skipped={**self.progress.skipped, **passed})
        else:
            after = replace(self.progress, solved={**self.progress.solved, **passed})
        levels, puzzles = unlocks.newly_open(self.content, self.progress, after, self.now, self.settings.anchor_puzzle)
        return (*levels, *puzzles)
