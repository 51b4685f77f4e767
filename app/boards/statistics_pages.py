"""The hunt in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PuzzleFigures:
    """One puzzle: ``share`` of the teams that solved anything, in per cent; ``fastest`` in words, or empty."""

    title: str
    url: str
    solvers: int
    share: int
    late: int
    fastest: str
    fastest_team: str
    wrong: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One team: for each puzzle ``solved``, ``late`` or nothing."""

    name: str
    solved: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatisticsPage:
    """``/statistics``. ``is_early``: staff see it before everybody does."""

    at: datetime
    is_early: bool
    teams: int
    puzzles: tuple[PuzzleFigures, ...]
    has_late: bool
    titles: tuple[str, ...]
    rows: tuple[GridRow, ...]
    page: int
    pages: int
