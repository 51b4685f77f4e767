"""The boards as pages and JSON, and who may see which."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, Response, jsonify
from markupsafe import Markup

from app.boards.chart import Change, draw
from app.boards.leaderboard import AGEING, LEADERS, BoardSnapshot, Standing, board, changes_of
from app.boards.pages import BoardPage, BoardRow, ChartLine, ChartPart, ChartTick
from app.boards.standings import division_puzzles
from app.concurrency.cache import Cache
from app.core.model import Division
from app.core.moments import zone_of
from app.core.text import sentence
from app.errors import HuntError, NotFound
from app.web import languages
from app.web.access import for_all, kept
from app.web.filters import page_argument
from app.web.kept_pages import holds_until
from app.web.languages import told
from app.web.render import render, wants_json
from app.web.visit import Visit, ports, visit

leaderboard = Blueprint("leaderboard", __name__)

ROWS_A_PAGE = 100


@leaderboard.get("/leaderboard")
@for_all
@kept("page", marks=("points",))
def show_own() -> str | Response:
    seen = visit()
    open_to = divisions_for(seen)
    own = [division for division in open_to if seen.team is not None and division.code == seen.team.division]
    if not open_to:
        raise NotFound
    return show((own or open_to)[0].code)


@leaderboard.get("/leaderboard/<code>")
@for_all
@kept("page", marks=("points",))
def show(code: str) -> str | Response:
    seen = visit()
    if seen.settings.lockdown_leaderboard and not seen.is_admin:
        raise HuntError("locked_down", sentence("The organisers have closed the leaderboard for now."))
    division = next((found for found in divisions_for(seen) if found.code == code), None)
    if division is None:
        raise NotFound
    found = board(
        ports().database, ports().in_force, ports().clock, seen.content, division, is_frozen=_is_frozen_for(seen)
    )
    holds_until(found.at + AGEING)
    return _as_json(found) if wants_json() else render("boards/board.html", _page(seen, found, page_argument()))


def divisions_for(seen: Visit) -> tuple[Division, ...]:
    """Public boards and the team's own; all for staff."""
    own = seen.team.division if seen.team else None
    order = sorted(seen.content.divisions, key=lambda division: (division.order, division.code))
    return tuple(division for division in order if division.is_public or seen.is_staff or division.code == own)


def _is_frozen_for(seen: Visit) -> bool:
    return not seen.is_staff and seen.settings.is_frozen_at(seen.now)


def _as_json(found: BoardSnapshot) -> Response:
    rows = [
        {
            "rank": row.rank,
            "display_name": row.display_name,
            "affiliation": row.affiliation,
            "score": row.score,
            "solved": row.solved,
            "finished_at": row.finished_at.isoformat() if row.finished_at else None,
            "badges": row.badges,
        }
        for row in found.rows
    ]
    division = {"code": found.code, "name": found.name, "ranked": found.is_ranked}
    return jsonify({"division": division, "at": found.at.isoformat(), "frozen": found.is_frozen, "rows": rows})


def _page(seen: Visit, found: BoardSnapshot, asked: int) -> BoardPage:
    own = seen.team.id if seen.team else 0
    pages = max(1, -(-len(found.rows) // ROWS_A_PAGE))
    page = min(max(1, asked), pages)
    shown = found.rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    by_finish = seen.settings.ranking == "finish"
    has_metas = any(puzzle.is_meta for puzzle in division_puzzles(seen.content, found.code))
    place = found.place_of(own)
    is_elsewhere = place is not None and place // ROWS_A_PAGE != page - 1
    return BoardPage(
        division_name=_name_of(found.code, found.name, seen),
        is_ranked=found.is_ranked,
        is_frozen=found.is_frozen,
        frozen_at=seen.settings.freeze_at if found.is_frozen else None,
        at=found.at,
        tabs=tuple(
            (_name_of(x.code, x.name, seen), f"/leaderboard/{quote(x.code)}", x.code == found.code)
            for x in divisions_for(seen)
        ),
        rows=tuple(_row(row, own) for row in shown) if not found.is_ranked else (),
        lines_html=_lines(found, page, own, by_finish, has_metas) if found.is_ranked else (),
        own_row=_row(found.rows[place], own) if place is not None and is_elsewhere else None,
        page=page,
        pages=pages,
        page_url=f"/leaderboard/{quote(found.code)}",
        chart_html=_chart(seen, found) if found.is_ranked and found.rows else Markup(),
        by_finish=by_finish,
        has_metas=has_metas,
    )


# Rendered rows of the present snapshot's pages, without the viewer's own.
PAGES_KEPT = 64
_kept: Cache[tuple[str, str, bool, int], tuple[BoardSnapshot, tuple[Markup, ...]]] = Cache(PAGES_KEPT)
_charts: Cache[tuple[str, str, bool, int], tuple[BoardSnapshot, Markup]] = Cache(PAGES_KEPT)


def _lines(found: BoardSnapshot, page: int, own: int, by_finish: bool, has_metas: bool) -> tuple[Markup, ...]:
    """A page's rows, rendered once a snapshot; only the viewer's is rendered again."""
    line, first = languages.macro("board", "line"), (page - 1) * ROWS_A_PAGE
    shown = found.rows[first : first + ROWS_A_PAGE]
    key = (languages.language(), found.code, found.is_frozen, page)
    kept = _kept.get(key)
    if kept is None or kept[0] is not found:
        kept = (found, tuple(line(_row(row, 0), by_finish, has_metas) for row in shown))
        _kept.put(key, kept)
    place = found.place_of(own)
    if place is None or not first <= place < first + ROWS_A_PAGE:
        return kept[1]
    mine = line(_row(found.rows[place], own), by_finish, has_metas)
    return (*kept[1][: place - first], mine, *kept[1][place - first + 1 :])


def _name_of(code: str, name: str, seen: Visit) -> str:
    """Marks a division that was removed while it had teams."""
    division = seen.content.division(code)
    is_closed = division is not None and division.is_closed
    return told(sentence("%(name)s (closed)", name=name)) if is_closed else name


def _row(row: Standing, own: int) -> BoardRow:
    figures = (row.rank, row.display_name, row.affiliation, row.score, row.solved, row.finished_at)
    return BoardRow(*figures, row.badges, row.metas, row.last_solve_at, is_own=row.team_id == own)


def _chart(seen: Visit, found: BoardSnapshot) -> Markup:
    own = seen.team.id if seen.team else 0
    place = found.place_of(own)
    is_outside = place is not None and place >= LEADERS
    more = changes_of(ports().database, ports().in_force, own, is_frozen=found.is_frozen) if is_outside else ()
    if more:
        return _drawn(seen, found, own, more)
    key = (languages.language(), found.code, found.is_frozen, own if place is not None and not is_outside else 0)
    kept = _charts.get(key)
    if kept is None or kept[0] is not found:
        kept = (found, _drawn(seen, found, key[3], ()))
        _charts.put(key, kept)
    return kept[1]


def _drawn(seen: Visit, found: BoardSnapshot, own: int, more: tuple[Change, ...]) -> Markup:
    names = {row.team_id: row.display_name for row in found.rows[:LEADERS]}
    if more:
        names[own] = next(row.display_name for row in found.rows if row.team_id == own)
    changes = found.changes + more
    if not changes:
        return Markup()
    first = min(at for _, at, _ in changes)
    start, until = seen.settings.starts_at or first, _end_of_chart(seen, found)
    drawn = draw(changes, list(names), min(start, until), until, zone_of(seen.settings.time_zone))
    chart = ChartPart(
        tuple(ChartLine(names[x.team_id], x.path, x.points, x.team_id == own) for x in drawn.lines),
        tuple(ChartTick(x.at, x.label, x.moment) for x in drawn.ticks_x),
        tuple(ChartTick(x.at, x.label) for x in drawn.ticks_y),
    )
    # Our own template, which escapes what it is handed.
    return Markup(languages.template("boards/_chart.html").render(chart=chart))  # noqa: S704


def _end_of_chart(seen: Visit, found: BoardSnapshot) -> datetime:
    ends = [found.at, seen.settings.ends_at, seen.settings.freeze_at if found.is_frozen else None]
    return min(moment for moment in ends if moment is not None)
