"""The plot of solve times, and its table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.boards.solve_times import Quartiles
from app.boards.statistics import PuzzleStatistics, TeamTally
from app.boards.statistics_pages import MoreFigures, TimeLine, TimeTick
from app.web.template_globals import in_words

WIDTH, ROW = 1000.0, 26
# Steps of the scale; the first of which at most six are needed is taken.
STEPS = tuple(timedelta(minutes=one) for one in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 10080, 43200))
MOST_TICKS = 6


def time_parts(puzzles: Sequence[PuzzleStatistics], own: TeamTally | None) -> dict[str, Any]:
    timed = [(one, one.times) for one in puzzles if one.times is not None]
    own_times = own.times if own else {}
    longest = max([times.third for _, times in timed] + list(own_times.values()) + [timedelta(minutes=1)])
    step = next((one for one in STEPS if longest / one <= MOST_TICKS), STEPS[-1])
    most = step * -(-longest // step)

    def place(taken: timedelta) -> float:
        return round(WIDTH * (taken / most), 1)

    lines = (
        TimeLine(
            title=one.puzzle.title,
            y=ROW * row + ROW // 2,
            x1=place(times.first),
            x2=place(times.median),
            x3=place(times.third),
            quarters=_in_words(times),
            own_x=place(own_times[one.puzzle.id]) if one.puzzle.id in own_times else None,
            own=in_words(own_times[one.puzzle.id]) if one.puzzle.id in own_times else "",
        )
        for row, (one, times) in enumerate(timed)
    )
    count = most // step
    return {
        "more": tuple(_more(one, own_times.get(one.puzzle.id)) for one in puzzles),
        "lines": tuple(lines),
        "ticks": tuple(TimeTick(place(step * number), in_words(step * number)) for number in range(1, count + 1)),
        "plot_height": ROW * len(timed),
    }


def _more(one: PuzzleStatistics, own: timedelta | None) -> MoreFigures:
    return MoreFigures(
        title=one.puzzle.title,
        quarters=_in_words(one.times) if one.times else None,
        own=in_words(own) if own is not None else "",
        hints=one.hints,
        hint_teams=one.hint_teams,
        backsolves=one.backsolves,
    )


def _in_words(times: Quartiles) -> tuple[str, str, str]:
    return in_words(times.first), in_words(times.median), in_words(times.third)
