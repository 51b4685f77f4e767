"""The dashboard's figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.broadcast.presence import Online, count_online
from app.clock import Clock
from app.core.in_force import InForce
from app.core.model import Puzzle
from app.database import teams
from app.database.engine import Database
from app.ops import dashboard_queries
from app.ops.dashboard_queries import PuzzleActivity
from app.ops.stuck_teams import TRYING, StuckTeam, find_stuck

ACTIVE = timedelta(minutes=15)
CHART = timedelta(minutes=60)
MOST_STUCK = 10
# So many wrong guesses in an hour without a solve, and a puzzle may be broken.
MANY_WRONG = 10


@dataclass(frozen=True, slots=True)
class Minute:
    at: datetime
    guesses: int
    solves: int


@dataclass(frozen=True, slots=True)
class Overview:
    active_teams: int
    teams: int
    online: Online
    minutes: tuple[Minute, ...]
    stuck: tuple[StuckTeam, ...]
    open_requests: int
    oldest_request_at: datetime | None
    open_reports: int
    puzzles: tuple[tuple[Puzzle, PuzzleActivity], ...]

    @property
    def suspects(self) -> tuple[tuple[Puzzle, PuzzleActivity], ...]:
        """Puzzles that many guess at and none solve, most wrong guesses first."""
        found = (pair for pair in self.puzzles if pair[1].wrong >= MANY_WRONG and not pair[1].recent_solves)
        return tuple(sorted(found, key=lambda pair: -pair[1].wrong))


def oversee(database: Database, in_force: InForce, clock: Clock) -> Overview:
    now, online = clock.now(), count_online(database, clock)
    open_requests, oldest = dashboard_queries.read_waiting(database)
    activity = dashboard_queries.read_puzzles(database, now - TRYING)
    return Overview(
        active_teams=dashboard_queries.count_active(database, now - ACTIVE),
        teams=teams.count_teams(database),
        online=online,
        minutes=_minutes(database, now),
        stuck=find_stuck(database, in_force, clock, online.team_ids, MOST_STUCK),
        open_requests=open_requests,
        oldest_request_at=oldest,
        open_reports=dashboard_queries.count_open_reports(database),
        puzzles=tuple((one, activity.get(one.id) or PuzzleActivity(one.id)) for one in in_force.content.puzzles),
    )


def _minutes(database: Database, now: datetime) -> tuple[Minute, ...]:
    last = now.replace(second=0, microsecond=0)
    first = last - CHART + timedelta(minutes=1)
    guesses = dashboard_queries.guesses_per_minute(database, first)
    solves = dashboard_queries.solves_per_minute(database, first)
    moments = (first + timedelta(minutes=number) for number in range(int(CHART.total_seconds()) // 60))
    return tuple(Minute(at, guesses.get(at, 0), solves.get(at, 0)) for at in moments)
