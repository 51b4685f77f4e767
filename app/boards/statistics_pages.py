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
class TimeLine:
    """One puzzle of the plot of times, in a box of 1000: from ``x1`` to ``x3``, the median at ``x2``.

    ``own_x`` and ``own`` are the viewer's own team's time; None and empty if it has none. ``quarters`` are in words.
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
    """A mark of the plot's scale."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class MoreFigures:
    """One puzzle in the second table: ``quarters`` of the times in words, empty if nobody's are known."""

    title: str
    quarters: tuple[str, str, str] | None
    own: str
    hints: int
    hint_teams: int
    backsolves: int


@dataclass(frozen=True, slots=True)
class GridRow:
    """One team: for each puzzle ``solved``, ``late`` or nothing."""

    name: str
    solved: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatisticsPage:
    """``/statistics``. ``is_early``: staff see it before everybody does. ``own`` is the viewer's own team's row."""

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
        """The rows of this page, after the viewer's own team where it stands on another one."""
        return self.rows if self.own is None or self.own in self.rows else (self.own, *self.rows)
