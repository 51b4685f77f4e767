"""Simulated teams of three paces: who opens what when, and who is idle.

No forecast: the seed gives each puzzle a difficulty. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from app.core.game_view import GameView, view_of
from app.core.hint_rules import NoHintLeft, available_at, credits_for, next_hint
from app.core.model import Content, Division, Progress, Puzzle
from app.core.moments import LAST, shifted
from app.core.schedule import HintSchedule, due_grants

# The spread of difficulties: two puzzles in three take between 0.6 and 1.6 times what a usual one takes.
SPREAD = 0.5
EASIEST, HARDEST = 0.3, 4.0
# What a hint leaves of the work that remains.
AFTER_A_HINT = 0.5
MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Minutes for a usual puzzle, and puzzles at once."""

    name: str
    minutes: float
    at_once: int


PACES = (Pace("quick", 20, 3), Pace("median", 45, 2), Pace("slow", 120, 1))


@dataclass(frozen=True, slots=True)
class Timetable:
    """``begins_at``: when teams start; without ``ends_at`` they play to the end."""

    begins_at: datetime
    ends_at: datetime | None = None
    anchor: str | None = None
    hint_schedule: HintSchedule | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """An idle time; ``for_puzzles`` then opened by the clock, none if the hunt ended first."""

    since: datetime
    until: datetime
    for_puzzles: tuple[Puzzle, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """Times by level and puzzle id of a team of one pace; absent: never opened."""

    pace: Pace
    levels: Mapping[str, datetime]
    puzzles: Mapping[str, datetime]
    solved: Mapping[str, datetime]
    waits: tuple[Wait, ...]
    hints: int
    finished_at: datetime | None

    @property
    def waited(self) -> timedelta:
        return sum((one.until - one.since for one in self.waits), timedelta())


def courses(content: Content, division: Division, times: Timetable, paces: tuple[Pace, ...], seed: int) -> list[Course]:
    return [_Team(content, division, times, pace, seed).play() for pace in paces]


def difficulty(puzzle: Puzzle, seed: int) -> float:
    drawn = math.exp(Random(f"{seed}:{puzzle.id}").gauss(0, SPREAD))
    return min(max(drawn, EASIEST), HARDEST)


@dataclass
class _Play:
    left: float
    wants_hint_at: datetime


@dataclass
class _Team:
    content: Content
    division: Division
    times: Timetable
    pace: Pace
    seed: int
    now: datetime = field(init=False)
    levels: dict[str, datetime] = field(default_factory=dict)
    puzzles: dict[str, datetime] = field(default_factory=dict)
    solved: dict[str, datetime] = field(default_factory=dict)
    work: dict[str, _Play] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    waits: list[Wait] = field(default_factory=list)
    spent: int = 0

    def __post_init__(self) -> None:
        self.now = self.times.begins_at

    def play(self) -> Course:
        idle_since: datetime | None = None
        for _ in range(MOST_STEPS):
            opened = self._look()
            if idle_since is not None and opened:
                self.waits.append(Wait(idle_since, self.now, opened))
                idle_since = None
            self._take_up()
            self._take_hints()
            following = min(self._events(), default=None)
            if following is None or following >= (self.times.ends_at or LAST):
                break
            if not self.work and idle_since is None:
                idle_since = self.now
            self._pass_time(following)
        self._wait_for_the_end(idle_since)
        return self._course()

    def _wait_for_the_end(self, idle_since: datetime | None) -> None:
        """Without further openings in time, a team is idle to the end."""
        ends_at = self.times.ends_at
        has_more = not self.solved.keys() >= self._meant()
        if ends_at is not None and not self.work and has_more and self.now < ends_at:
            self.waits.append(Wait(idle_since or self.now, ends_at, ()))

    def _course(self) -> Course:
        final = self.division.final_puzzle_id
        last = max(self.solved.values(), default=None) if self.solved.keys() >= self._meant() else None
        finished_at = self.solved.get(final) if final else last
        return Course(
            self.pace, self.levels, self.puzzles, self.solved, tuple(self.waits), len(self.taken), finished_at
        )

    def _meant(self) -> set[str]:
        code = self.division.code
        return {puzzle.id for puzzle in self.content.puzzles if not puzzle.divisions or code in puzzle.divisions}

    def _game(self) -> GameView:
        progress = Progress(self.division.code, self.times.begins_at, solved=self.solved, unlocked=self.puzzles)
        return view_of(self.content, progress, self.now, self.times.anchor)

    def _look(self) -> tuple[Puzzle, ...]:
        game = self._game()
        for level in game.open_levels:
            self.levels.setdefault(level, self.now)
        found = game.open_puzzles - self.puzzles.keys()
        new = tuple(puzzle for puzzle in self.content.puzzles if puzzle.id in found)
        self.puzzles |= {puzzle.id: self.now for puzzle in new}
        return new

    def _take_up(self) -> None:
        for puzzle in self.content.puzzles:
            if len(self.work) >= self.pace.at_once:
                return
            if puzzle.id in self.puzzles and puzzle.id not in self.solved and puzzle.id not in self.work:
                minutes = self.pace.minutes * difficulty(puzzle, self.seed)
                self.work[puzzle.id] = _Play(minutes, self._after(self.pace.minutes))

    def _take_hints(self) -> None:
        for puzzle_id, work in self.work.items():
            hint = self._next_hint(puzzle_id)
            if hint is None or self.now < max(work.wants_hint_at, hint[1]) or hint[2] > self._credits():
                continue
            self.taken.add(hint[0])
            self.spent += hint[2]
            work.left *= AFTER_A_HINT
            work.wants_hint_at = self._after(self.pace.minutes)

    def _next_hint(self, puzzle_id: str) -> tuple[str, datetime, int] | None:
        puzzle = self.content.puzzles_by_key[puzzle_id]
        try:
            hint = next_hint(puzzle, self.taken)
        except NoHintLeft:
            return None
        opened_at = self.puzzles[puzzle_id]
        return hint.id, available_at(hint, opened_at) or opened_at, credits_for(hint)

    def _credits(self) -> int:
        schedule = self.times.hint_schedule
        given = due_grants(self.times.begins_at, schedule, self.now, self.times.ends_at) if schedule else []
        return len(given) - self.spent

    def _events(self) -> Iterator[datetime]:
        yield from (self._after(work.left) for work in self.work.values())
        opening = self._game().next_opening_at()
        if opening is not None:
            yield opening
        for puzzle_id, work in self.work.items():
            hint = self._next_hint(puzzle_id)
            if hint is not None:
                yield from (at for at in (work.wants_hint_at, hint[1], self._next_grant()) if at and at > self.now)

    def _next_grant(self) -> datetime | None:
        schedule = self.times.hint_schedule
        if schedule is None:
            return None
        first = schedule.first_at or self.times.begins_at
        if self.now < first or not schedule.every_hours:
            return first
        return shifted(first, schedule.every * ((self.now - first) // schedule.every + 1))

    def _pass_time(self, until: datetime) -> None:
        minutes = (until - self.now).total_seconds() / 60
        self.now = until
        for puzzle_id, work in list(self.work.items()):
            work.left -= minutes
            # Tolerates rounding.
            if work.left <= 1 / 60:
                del self.work[puzzle_id]
                self.solved[puzzle_id] = until

    def _after(self, minutes: float) -> datetime:
        """LAST (never) for moments after year 9999."""
        return shifted(self.now, timedelta(seconds=math.ceil(minutes * 60)))
