"""Board snapshots: shared by all, at most five seconds old, built by one request at a time.

In a process others get the last snapshot or wait; among processes the database grants the right to build.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from weakref import WeakKeyDictionary

from app.boards import queries as board_queries
from app.boards.chart import Change
from app.boards.queries import Goals, TeamFigures
from app.boards.snapshots import BoardSnapshot, from_text, to_text
from app.boards.standings import Standing, division_puzzles, final_puzzle, last_puzzle, rank
from app.clock import Clock
from app.concurrency.single_flight import SingleFlight
from app.core.in_force import InForce
from app.core.model import Content, Division
from app.database import snapshots
from app.database.engine import Database, DatabaseBusy
from app.database.snapshots import Building, Kept

__all__ = ["LEADERS", "BoardSnapshot", "Standing", "board", "changes_of"]

OLDEST = timedelta(seconds=5)
# From this age one request rebuilds while others get the old snapshot.
AGEING = timedelta(seconds=4)
LEADERS = 10
STEPS = 48  # a team in the chart and its table
LONGEST_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    content: Content
    division: Division
    freeze_at: datetime | None
    settings_revision: int

    @property
    def name(self) -> str:
        return f"board:{self.division.code}:{'frozen' if self.freeze_at else 'live'}"

    def is_met_by(self, made: BoardSnapshot, now: datetime, oldest: timedelta) -> bool:
        """Whether a snapshot may be served. A node that lags accepts newer settings."""
        # From the future: the clock was set back, and it would never expire.
        is_young = abs(now - made.at) < oldest
        return is_young and made.settings_revision >= self.settings_revision and made.version == self.content.version


@dataclass(slots=True)
class _Snapshots:
    held: dict[str, BoardSnapshot] = field(default_factory=dict)
    flights: SingleFlight = field(default_factory=SingleFlight)


_caches: WeakKeyDictionary[Database, _Snapshots] = WeakKeyDictionary()


def board(
    database: Database, in_force: InForce, clock: Clock, content: Content, division: Division, *, is_frozen: bool
) -> BoardSnapshot:
    """A division's board, live or as of ``freeze_at``. Raises :class:`DatabaseBusy` if none is ready in time."""
    freeze_at = in_force.settings.freeze_at if is_frozen else None
    wanted = _Wanted(content, division, freeze_at, in_force.settings_revision)
    cache = _caches.setdefault(database, _Snapshots())
    held, now = cache.held.get(wanted.name), clock.now()
    if held and wanted.is_met_by(held, now, AGEING):
        return held
    usable = held if held and wanted.is_met_by(held, now, OLDEST) else None
    with cache.flights.turn(wanted.name, 0 if usable else LONGEST_WAIT_SECONDS) as is_mine:
        if is_mine:
            cache.held[wanted.name] = usable = _refreshed(database, in_force, clock, wanted, cache)
    if usable is None:
        raise DatabaseBusy("a board is still being worked out")
    return usable


def changes_of(database: Database, in_force: InForce, team_id: int, *, is_frozen: bool) -> tuple[Change, ...]:
    freeze_at = in_force.settings.freeze_at if is_frozen else None
    return _thinned(board_queries.read_points_of(database, team_id, freeze_at))


def _refreshed(
    database: Database, in_force: InForce, clock: Clock, wanted: _Wanted, cache: _Snapshots
) -> BoardSnapshot:
    held = cache.held.get(wanted.name)
    if held and wanted.is_met_by(held, clock.now(), AGEING):
        return held
    kept = _usable(snapshots.read(database, wanted.name), wanted, clock.now())
    if kept:
        return kept
    with snapshots.building(database, wanted.name) as building:
        return _usable(building.newest, wanted, clock.now()) or _build(in_force, clock, wanted, building)


def _usable(kept: Kept | None, wanted: _Wanted, now: datetime) -> BoardSnapshot | None:
    if kept is None or abs(now - kept.made_at) >= AGEING:
        return None
    try:
        made = from_text(kept.body)
    except ValueError:
        return None
    return made if wanted.is_met_by(made, now, AGEING) else None


def _build(in_force: InForce, clock: Clock, wanted: _Wanted, building: Building) -> BoardSnapshot:
    # The time is taken before the figures are read: a board is never older than it says.
    now, division = clock.now(), wanted.division
    goals = _goals(wanted.content, division)
    figures = _figures(building, wanted, goals)
    rows = rank(figures, in_force.settings.ranking, division.is_ranked, len(goals.puzzles))
    changes = _leading(building, rows[:LEADERS], wanted.freeze_at) if division.is_ranked else ()
    head = (division.code, division.name, division.is_ranked, wanted.freeze_at is not None, now)
    made = BoardSnapshot(*head, wanted.settings_revision, wanted.content.version, tuple(rows), changes)
    building.keep(now, to_text(made))
    return made


def _goals(content: Content, division: Division) -> Goals:
    found = division_puzzles(content, division.code)
    metas = tuple(puzzle.id for puzzle in found if puzzle.is_meta)
    puzzles = tuple(puzzle.id for puzzle in found)
    return Goals(puzzles, final_puzzle(content, division.code), last_puzzle(content), metas)


def _figures(building: Building, wanted: _Wanted, goals: Goals) -> list[TeamFigures]:
    if wanted.freeze_at is None:
        return board_queries.read_live(building.connection, wanted.division.code, goals)
    return board_queries.read_frozen(building.connection, wanted.division.code, goals, wanted.freeze_at)


def _leading(building: Building, leaders: Sequence[Standing], freeze_at: datetime | None) -> tuple[Change, ...]:
    changes = board_queries.read_points(building.connection, [row.team_id for row in leaders], freeze_at)
    by_team = groupby(sorted(changes), key=lambda change: change[0])
    return tuple(change for _, own in by_team for change in _thinned(list(own)))


def _thinned(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Changes in order of time; many are merged into slots."""
    if len(changes) <= STEPS:
        return tuple(changes)
    begin, end = changes[0][1], changes[-1][1]
    slot = max((end - begin) / (STEPS - 1), timedelta(microseconds=1))
    slots = groupby(changes, key=lambda change: (change[1] - begin) // slot)
    return tuple(_merged(list(together)) for _, together in slots)


def _merged(changes: Sequence[Change]) -> Change:
    team, at, _ = changes[-1]
    return team, at, sum(amount for _, _, amount in changes)
