"""``/statistics``: for everybody after the hunt, for staff always."""

from __future__ import annotations

from flask import Blueprint, url_for

from app.boards.solve_time_pages import time_parts
from app.boards.statistics import HuntTally, PuzzleStatistics, TeamTally, tally
from app.boards.statistics_pages import GridRow, PuzzleFigures, StatisticsPage
from app.core.text import sentence
from app.errors import HuntError
from app.web.access import for_all
from app.web.filters import page_argument
from app.web.render import render
from app.web.template_globals import in_words
from app.web.visit import Visit, ports, visit

statistics = Blueprint("statistics", __name__)

ROWS_A_PAGE = 50


@statistics.get("/statistics")
@for_all
def show() -> str:
    seen = visit()
    if not (seen.has_statistics or seen.is_staff):
        words = sentence("Statistics will be published when the hunt is over and the final results are out.")
        raise HuntError("not_running", words)
    return render(
        "boards/statistics.html", _page(seen, tally(ports().database, ports().clock, ports().secret, seen.content))
    )


def _page(seen: Visit, found: HuntTally) -> StatisticsPage:
    pages = max(1, -(-len(found.teams) // ROWS_A_PAGE))
    page = min(max(1, page_argument()), pages)
    shown = found.teams[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    ids = [one.puzzle.id for one in found.puzzles]
    own = next((team for team in found.teams if seen.team is not None and team.id == seen.team.id), None)
    return StatisticsPage(
        at=found.at,
        is_early=not seen.has_statistics,
        teams=len(found.teams),
        puzzles=tuple(_figures(seen, one, len(found.teams)) for one in found.puzzles),
        has_late=any(one.late for one in found.puzzles),
        titles=tuple(one.puzzle.title for one in found.puzzles),
        rows=tuple(_row(team, ids) for team in shown),
        page=page,
        pages=pages,
        **time_parts(found.puzzles, own),
        own=_row(own, ids) if own else None,
    )


def _figures(seen: Visit, one: PuzzleStatistics, teams: int) -> PuzzleFigures:
    # Before it is published staff look at it, for whom no puzzle need be open.
    preview = url_for("admin.preview", version=seen.content.version, record=one.puzzle.id)
    return PuzzleFigures(
        title=one.puzzle.title,
        url=one.puzzle.page_url if seen.has_statistics else preview,
        solvers=one.solvers,
        share=round(100 * one.solvers / teams) if teams else 0,
        late=one.late,
        fastest=in_words(one.fastest.taken) if one.fastest else "",
        fastest_team=one.fastest.team if one.fastest else "",
        wrong=one.wrong,
    )


def _row(team: TeamTally, ids: list[str]) -> GridRow:
    cells = tuple("solved" if one in team.solved else "late" if one in team.late else "" for one in ids)
    return GridRow(team.display_name, len(team.solved), cells)
