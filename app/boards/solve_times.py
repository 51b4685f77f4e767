"""Times from opening to solve, and backsolves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.model import Content, Puzzle


@dataclass(frozen=True, slots=True)
class Quartiles:
    first: timedelta
    median: timedelta
    third: timedelta
    count: int


def quartiles(times: Iterable[timedelta]) -> Quartiles | None:
    """Interpolated as in spreadsheets; None without values."""
    ordered = sorted(max(one, timedelta()) for one in times)
    if not ordered:
        return None
    return Quartiles(_at(ordered, 1), _at(ordered, 2), _at(ordered, 3), len(ordered))


def _at(ordered: Sequence[timedelta], quarter: int) -> timedelta:
    place, rest = divmod((len(ordered) - 1) * quarter, 4)
    following = ordered[min(place + 1, len(ordered) - 1)]
    return ordered[place] + (following - ordered[place]) * rest / 4


def backsolves(
    content: Content, puzzle: Puzzle, solved: Mapping[int, datetime], meta_solved: Mapping[int, datetime]
) -> int:
    """Teams that solved the puzzle after a meta of its level; None for a meta.

    Both mappings: team → moment, the first of several metas.
    """
    if puzzle.id in metas_of(content, puzzle):
        return 0
    return sum(meta_solved.get(team, at) < at for team, at in solved.items())


def metas_of(content: Content, puzzle: Puzzle) -> frozenset[str]:
    """The level's metas: linked or ticked."""
    level = content.level(puzzle.level_id)
    named = level.metas if level else ()
    marked = (one.id for one in content.puzzles_by_level.get(puzzle.level_id, ()) if one.is_meta)
    return frozenset((*named, *marked))
