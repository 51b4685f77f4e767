"""Page values of the statistics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PuzzleFigures:
    """``share``: per cent of teams with solves; ``fastest``: text or empty."""

    title: str
    url: str
    solvers: int
    share: int
    late: int
    fastest: str
    fastest_team: str
    wrong: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A line of the plot, width 1000: quartiles ``x1``, ``x2``, ``x3``.

    ``own_x``, ``own``: the viewer's team, or None and empty. ``quarters``: text.
    """

    title: str
    y: int
    x1: float
    x2: float
    x3: float
    quarters: tuple[str, str, str]
    own_x: float | None
    own: str


@dataclass(frozen=True, slots=True)
class TimeTick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class MoreFigures:
    """``quarters``: text, empty if unknown."""

    title: str
    quarters: tuple[str, str, str] | None
    own: str
    hints: int
    hint_teams: int
    backsolves: int


@dataclass(frozen=True, slots=True)
class GridRow:
    name: str
    solved: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatisticsPage:
    """``is_early``: staff before the end. ``own``: the viewer's row."""

    at: datetime
    is_early: bool
    teams: int
    puzzles: tuple[PuzzleFigures, ...]
    has_late: bool
    titles: tuple[str, ...]
    rows: tuple[GridRow, ...]
    page: int
    pages: int
    more: tuple[MoreFigures, ...] = ()
    lines: tuple[TimeLine, ...] = ()
    ticks: tuple[TimeTick, ...] = ()
    plot_height: int = 0
    own: GridRow | None = None

    @property
    def shown_rows(self) -> tuple[GridRow, ...]:
        return self.rows if self.own is None or self.own in self.rows else (self.own, *self.rows)
