"""Boards and their chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A team on a board. ``rank`` and the figures are None on an unranked board. ``badges``: all, final, last."""

    rank: int | None
    display_name: str
    affiliation: str
    score: int | None
    solved: int | None
    finished_at: datetime | None
    badges: tuple[str, ...]
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A team's points over time: ``path`` is an SVG path in a 1000 × 300 box, ``points`` the same as (time, points)."""

    display_name: str
    path: str
    points: tuple[tuple[datetime, int], ...]
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ChartTick:
    """A mark on an axis: ``at`` in the box's units."""

    at: float
    label: str
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChartPart:
    """The lines of the leading teams and the marks on both axes."""

    lines: tuple[ChartLine, ...]
    ticks_x: tuple[ChartTick, ...]
    ticks_y: tuple[ChartTick, ...]


@dataclass(frozen=True, slots=True)
class BoardPage:
    """``/leaderboard/CODE``. ``tabs`` are (name, url, is_current). ``own_row`` is set when it is on another page.

    A ranked board comes as ``lines_html``, an unranked one as ``rows``.
    """

    division_name: str
    is_ranked: bool
    is_frozen: bool
    frozen_at: datetime | None
    at: datetime
    tabs: tuple[tuple[str, str, bool], ...]
    rows: tuple[BoardRow, ...]
    own_row: BoardRow | None
    page: int
    pages: int
    page_url: str
    lines_html: tuple[Markup, ...] = ()
    chart_html: str = ""
    by_finish: bool = True
