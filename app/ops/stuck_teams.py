"""Stuck teams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from app.clock import Clock
from app.core.game_view import GameView
from app.core.in_force import InForce
from app.core.model import Progress
from app.database import progress
from app.database.engine import Database
from app.ops import dashboard_queries

TRYING = timedelta(minutes=60)
SHORTEST = timedelta(minutes=45)
# Of a team's own median time between two solves.
GAPS = 2


@dataclass(frozen=True, slots=True)
class StuckTeam:
    team_id: int
    display_name: str
    since: datetime
    solved_at: datetime | None
    guesses: int


def find_stuck(
    database: Database, in_force: InForce, clock: Clock, online: Sequence[int], most: int
) -> tuple[StuckTeam, ...]:
    hunt, now = in_force.settings, clock.now()
    if hunt.state_at(now) != "running":
        return ()
    trying = dashboard_queries.read_trying(database, now - TRYING)
    silent = [team for team in online if team not in trying]
    named = trying | {team: (name, 0) for team, name in dashboard_queries.read_names(database, silent).items()}
    wanted = sorted(set(named) - dashboard_queries.read_advanced(database, now - SHORTEST))
    found = []
    for team_id, team in progress.read_teams(database, wanted).items():
        since = _since(team.progress, hunt.starts_at)
        if is_stuck(team.progress, since, now):
            solved_at = max(team.progress.solved.values(), default=None)
            found.append((StuckTeam(team_id, named[team_id][0], since, solved_at, named[team_id][1]), team.progress))
    stuck: list[StuckTeam] = []
    for one, of_team in sorted(found, key=lambda pair: (pair[0].since, pair[0].team_id)):
        if len(stuck) < most and _has_work(GameView(in_force.content, hunt, now, of_team)):
            stuck.append(one)
    return tuple(stuck)


def is_stuck(of_team: Progress, since: datetime, now: datetime) -> bool:
    times = sorted([*of_team.solved.values(), *of_team.skipped.values()])
    begun = min(of_team.unlocked.values(), default=None)
    points = [begun, *times] if begun is not None and times and begun <= times[0] else times
    gaps = [later - earlier for earlier, later in pairwise(points)]
    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps)) if gaps else timedelta()
    return now - since >= max(SHORTEST, GAPS * usual)


def _since(of_team: Progress, starts_at: datetime | None) -> datetime:
    times = [*of_team.solved.values(), *of_team.skipped.values()]
    if times:
        return max(times)
    begun = min(of_team.unlocked.values(), default=of_team.base)
    return max(begun, starts_at) if starts_at is not None else begun


def _has_work(view: GameView) -> bool:
    done = view.progress.solved.keys() | view.progress.skipped.keys()
    return bool(view.open_puzzles - done)
