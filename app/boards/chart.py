"""Points over time as lines in a box of 1000 by 300, with marks at round numbers.

The box's origin is its upper left corner, as in SVG. Only numbers and times go into a path, never a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import count, takewhile

from app.core.moments import local_in, shifted

WIDTH, HEIGHT = 1000, 300
MOST_TICKS = 7

_MINUTES = (1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)
_DAY = timedelta(days=1)

Change = tuple[int, datetime, int]
Point = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A team's points: ``points`` are (time, total) from (start, 0) on, ``path`` the same as an SVG path."""

    team_id: int
    path: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis, ``at`` in the box's units; ``moment`` on the axis of time."""

    at: float
    label: str
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines in the order of the teams asked for, and the marks of both axes."""

    lines: tuple[Line, ...]
    ticks_x: tuple[Tick, ...]
    ticks_y: tuple[Tick, ...]


def draw(
    changes: Iterable[Change], team_ids: Sequence[int], start: datetime, until: datetime, zone: tzinfo = UTC
) -> Chart:
    """The chart of these teams from ``start`` to ``until``; ``changes`` are (team, time, amount) in any order.

    What changed before the start stands at the start; what changed later than ``until`` is left out.
    """
    until = max(until, shifted(start, timedelta(minutes=1)))
    start = min(start, shifted(until, timedelta(minutes=-1)))
    totals = series(changes, team_ids, start, until)
    top = nice_top(max((total for points in totals.values() for _, total in points), default=0))
    lines = tuple(Line(team, path_of(points, start, until, top), points) for team, points in totals.items())
    return Chart(lines, ticks_x(start, until, zone), ticks_y(top))


def series(
    changes: Iterable[Change], team_ids: Sequence[int], start: datetime, until: datetime
) -> Mapping[int, tuple[Point, ...]]:
    """The running totals of each team as steps (time, total); changes at the same moment are one step."""
    totals: dict[int, dict[datetime, int]] = {team: {start: 0} for team in team_ids}
    for team, at, amount in sorted(changes, key=lambda change: change[1]):
        if team in totals and at <= until:
            steps = totals[team]
            steps[max(at, start)] = next(reversed(steps.values())) + amount
    return {team: tuple(steps.items()) for team, steps in totals.items()}


def path_of(points: Sequence[Point], start: datetime, until: datetime, top: int) -> str:
    """A line of steps through these points, level to the right edge; totals below 0 are drawn on the ground."""
    steps = "".join(f"H{_number(_x(at, start, until))}V{_number(_y(total, top))}" for at, total in points[1:])
    return f"M0 {_number(_y(points[0][1], top))}{steps}H{WIDTH}"


def nice_top(highest: int) -> int:
    """The upper end of the axis: the first multiple of a round step that is not below the highest total."""
    step = _step(highest)
    return max(step, -(-highest // step) * step)


def ticks_y(top: int) -> tuple[Tick, ...]:
    """Marks for points from 0 to ``top``, as made by ``nice_top``."""
    return tuple(Tick(_y(total, top), str(total)) for total in range(0, top + 1, _step(top)))


def ticks_x(start: datetime, until: datetime, zone: tzinfo = UTC) -> tuple[Tick, ...]:
    """At most seven marks at round hours or days of ``zone``; midnight is marked by its date."""
    step = _time_step(until - start)
    gone = _since_midnight(start, zone)
    first = -(-gone // step)  # the steps from midnight to the first that is not before the start
    # Lengths since the start: a midnight may lie outside of the years 1 to 9999.
    lengths = takewhile(lambda length: length <= until - start, (step * number - gone for number in count(first)))
    moments = (start + length for length in lengths)
    return tuple(Tick(round(_x(moment, start, until), 1), _label(moment, zone), moment) for moment in moments)


def _since_midnight(moment: datetime, zone: tzinfo) -> timedelta:
    """How long the day of the zone has lasted."""
    local = local_in(moment, zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    offsets = (local.utcoffset() or timedelta()) - (midnight.utcoffset() or timedelta())
    return local.replace(tzinfo=None) - midnight.replace(tzinfo=None) - offsets


def _label(moment: datetime, zone: tzinfo) -> str:
    local = local_in(moment, zone)
    return f"{local.day} {local:%b}" if local.time() == time() else f"{local:%H:%M}"


def _time_step(span: timedelta) -> timedelta:
    """The smallest round step of which MOST_TICKS marks are enough; beyond weeks, whole days."""
    for minutes in _MINUTES:
        if span // timedelta(minutes=minutes) < MOST_TICKS:
            return timedelta(minutes=minutes)
    return _DAY * (span // (_DAY * MOST_TICKS) + 1)


def _step(highest: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … of which at most five lead up to the highest total."""
    steps = (digit * 10**power for power in count() for digit in (1, 2, 5))
    return int(next(step for step in steps if step * 5 >= highest))


def _x(at: datetime, start: datetime, until: datetime) -> float:
    return min(1.0, max(0.0, (at - start) / (until - start))) * WIDTH


def _y(total: int, top: int) -> float:
    return HEIGHT - max(0, total) * HEIGHT / top


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
