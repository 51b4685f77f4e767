"""The text of ``hunt dry-run --timeline``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from app.content.timeline import Course, Timetable, Wait
from app.core.model import Content, Division, Level
from app.core.moments import stamp

COLUMNS = 48
LONGEST_NAME = 34


def timeline(content: Content, division: Division, times: Timetable, found: Sequence[Course]) -> Iterator[str]:
    moments = [at for course in found for at in (*course.puzzles.values(), *course.solved.values())]
    until = times.ends_at or max(moments, default=times.begins_at)
    axis = _Axis(times.begins_at, max(until, times.begins_at))
    yield f"{division.name} ({division.code}), from {stamp(axis.since)} to {stamp(axis.until)}"
    heads = "".join(f"{course.pace.name:>10}" for course in found)
    yield f"  {'opens after':<{LONGEST_NAME}}{heads}  |{'':<{COLUMNS}}|"
    for level in content.levels:
        yield from _level(content, division, level, found, axis)
    for course in found:
        yield from _course(course, axis)


class _Axis:
    def __init__(self, since: datetime, until: datetime) -> None:
        self.since, self.until = since, until
        self._length = max(until - since, timedelta(minutes=1))

    def place(self, at: datetime) -> int:
        share = (at - self.since) / self._length
        return min(COLUMNS - 1, max(0, int(share * COLUMNS)))


def _level(
    content: Content, division: Division, level: Level, found: Sequence[Course], axis: _Axis
) -> Iterator[str]:  # fmt: skip
    yield _row(level.title, level.id, [(course, course.levels) for course in found], axis, indent=2)
    for puzzle in content.puzzles_by_level[level.id]:
        if not puzzle.divisions or division.code in puzzle.divisions:
            yield _row(puzzle.title, puzzle.id, [(course, course.puzzles) for course in found], axis, indent=4)


def _row(
    title: str, record_id: str, columns: Sequence[tuple[Course, Mapping[str, datetime]]], axis: _Axis, indent: int
) -> str:
    times = [(course.pace.name, opened.get(record_id)) for course, opened in columns]
    line = [" "] * COLUMNS
    for name, at in times:
        if at is not None:
            place = axis.place(at)
            line[place] = name[0] if line[place] == " " else "*"
    shown = "".join(f"{span(at - axis.since) if at else 'never':>10}" for _, at in times)
    room = LONGEST_NAME + 2 - indent
    name = title if len(title) <= room - 1 else title[: room - 2] + "…"
    return f"{'':<{indent}}{name:<{room}}{shown}  |{''.join(line)}|"


def _course(course: Course, axis: _Axis) -> Iterator[str]:
    pace = course.pace
    hints = f"{course.hints} {'hint' if course.hints == 1 else 'hints'}"
    end = f"finished after {span(course.finished_at - axis.since)}" if course.finished_at else "not finished in time"
    yield (
        f"  {pace.name} teams ({pace.minutes:g} min a puzzle, {pace.at_once} at once): {len(course.solved)} solved, "
        f"{hints}, {end}, idle for {span(course.waited)}"
    )
    yield from (_wait(wait, axis) for wait in course.waits)


def _wait(wait: Wait, axis: _Axis) -> str:
    names = ", ".join(f"“{puzzle.title}”" for puzzle in wait.for_puzzles[:3])
    more = f" and {len(wait.for_puzzles) - 3} more" if len(wait.for_puzzles) > 3 else ""
    until = f"until {names}{more} opened" if names else "to the end of the hunt"
    since, to, length = wait.since - axis.since, wait.until - axis.since, wait.until - wait.since
    return f"    idle from {span(since)} to {span(to)}, for {span(length)}, {until}"


def span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02}"
