"""Page values of boards and charts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class BoardRow:
    """``rank`` and figures are None on an unranked board. ``badges``: all, final, last."""

    rank: int | None
    display_name: str
    affiliation: str
    score: int | None
    solved: int | None
    finished_at: datetime | None
    badges: tuple[str, ...]
    metas: int | None = None
    last_solve_at: datetime | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ChartLine:
    """``path``: SVG in a 1000 × 300 box; ``points``: (time, points)."""

    display_name: str
    path: str
    points: tuple[tuple[datetime, int], ...]
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ChartTick:
    at: float
    label: str
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChartPart:
    lines: tuple[ChartLine, ...]
    ticks_x: tuple[ChartTick, ...]
    ticks_y: tuple[ChartTick, ...]


@dataclass(frozen=True, slots=True)
class BoardPage:
    """``tabs``: (name, url, is_current). ``own_row``: set if it is on another page.

    Ranked boards use ``lines_html``, unranked ones ``rows``.
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
    has_metas: bool = False
