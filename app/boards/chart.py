"""Points over time as SVG lines in a box of 1000 by 300, origin at the upper left."""

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
    """``points``: (time, total) from (start, 0) on; ``path``: the same for SVG."""

    team_id: int
    path: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    lines: tuple[Line, ...]
    ticks_x: tuple[Tick, ...]
    ticks_y: tuple[Tick, ...]


def draw(
    changes: Iterable[Change], team_ids: Sequence[int], start: datetime, until: datetime, zone: tzinfo = UTC
) -> Chart:
    """``changes``: (team, time, amount) in any order.

    Earlier changes count at the start; later ones are left out.
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
    """Running totals by team as (time, total), one step a moment."""
    totals: dict[int, dict[datetime, int]] = {team: {start: 0} for team in team_ids}
    for team, at, amount in sorted(changes, key=lambda change: change[1]):
        if team in totals and at <= until:
            steps = totals[team]
            steps[max(at, start)] = next(reversed(steps.values())) + amount
    return {team: tuple(steps.items()) for team, steps in totals.items()}


def path_of(points: Sequence[Point], start: datetime, until: datetime, top: int) -> str:
    """A step line to the right edge; negative totals are drawn at 0."""
    steps = "".join(f"H{_number(_x(at, start, until))}V{_number(_y(total, top))}" for at, total in points[1:])
    return f"M0 {_number(_y(points[0][1], top))}{steps}H{WIDTH}"


def nice_top(highest: int) -> int:
    """The first multiple of a round step at or above the highest total."""
    step = _step(highest)
    return max(step, -(-highest // step) * step)


def ticks_y(top: int) -> tuple[Tick, ...]:
    return tuple(Tick(_y(total, top), str(total)) for total in range(0, top + 1, _step(top)))


def ticks_x(start: datetime, until: datetime, zone: tzinfo = UTC) -> tuple[Tick, ...]:
    """At most seven marks at round hours or days of ``zone``; midnight shows its date."""
    step = _time_step(until - start)
    gone = _since_midnight(start, zone)
    first = -(-gone // step)  # the steps from midnight to the first that is not before the start
    # Lengths since the start: a midnight may lie outside of the years 1 to 9999.
    lengths = takewhile(lambda length: length <= until - start, (step * number - gone for number in count(first)))
    moments = (start + length for length in lengths)
    return tuple(Tick(round(_x(moment, start, until), 1), _label(moment, zone), moment) for moment in moments)


def _since_midnight(moment: datetime, zone: tzinfo) -> timedelta:
    local = local_in(moment, zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    offsets = (local.utcoffset() or timedelta()) - (midnight.utcoffset() or timedelta())
    return local.replace(tzinfo=None) - midnight.replace(tzinfo=None) - offsets


def _label(moment: datetime, zone: tzinfo) -> str:
    local = local_in(moment, zone)
    return f"{local.day} {local:%b}" if local.time() == time() else f"{local:%H:%M}"


def _time_step(span: timedelta) -> timedelta:
    """Whole days beyond weeks."""
    for minutes in _MINUTES:
        if span // timedelta(minutes=minutes) < MOST_TICKS:
            return timedelta(minutes=minutes)
    return _DAY * (span // (_DAY * MOST_TICKS) + 1)


def _step(highest: int) -> int:
    """Of 1, 2, 5, 10, 20, 50 …, for at most five marks."""
    steps = (digit * 10**power for power in count() for digit in (1, 2, 5))
    return int(next(step for step in steps if step * 5 >= highest))


def _x(at: datetime, start: datetime, until: datetime) -> float:
    return min(1.0, max(0.0, (at - start) / (until - start))) * WIDTH


def _y(total: int, top: int) -> float:
    return HEIGHT - max(0, total) * HEIGHT / top


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
