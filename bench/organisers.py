"""The organisers' pages late in a large hunt: 2,000 teams, 200,000 guesses, on PostgreSQL.

Every page under ``/admin`` that has an address of its own, so that a new one cannot be forgotten. A page's figure is
the median of a few looks, the first of which nobody has warmed up for and which is told apart.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import requests
from sqlalchemy import text

from app.database.schema import Guess, Solve, Team, Unlock
from app.database.schema.journals import LogEntry
from bench import ground
from bench.fleet import add_teams
from bench.ground import PUZZLE, Ground
from bench.tables import Row, Table
from tests.support.databases import PostgresShelf
from tests.support.postgres import postgres_cluster
from tests.support.server import node

TEAMS = 2_000
GUESSES_OF_A_TEAM = 100
SOLVES_OF_A_TEAM = 6
HOURS = 24
LOOKS = 5
MOST_MS = 300.0
TEAMS_AT_ONCE = 50
# What organisers ask for besides, the costliest forms of it.
ASKING = (
    "/admin/teams?words=team+19",
    "/admin/log?verdict=wrong",
    "/admin/log?team=team+19",
    "/admin/log?kind=login",
    f"/admin/log?puzzle={PUZZLE}&verdict=correct",
    f"/admin/accept?puzzle={PUZZLE}",
)
SETTINGS = {"ANSWER_COST": "10", "DB_POOL_SIZE": "5", "ADMIN_NAME": "night", "ADMIN_PASSWORD": "of the hunt"}


def measure() -> Table:
    """The table of the organisers' pages, the slowest first."""
    with late_in_the_hunt() as (place, admin):
        looks = {path: found for path in _paths(place) if (found := _look(place, admin, path))}
    slowest_first = sorted(looks, key=lambda path: -statistics.median(looks[path][1:]))
    first = max(looks, key=lambda path: looks[path][0])
    rows = [_row(path, looks[path]) for path in slowest_first]
    guesses = TEAMS * GUESSES_OF_A_TEAM
    return Table(
        f"Organisers' pages with {TEAMS} teams and {guesses} guesses",
        (*rows, Row(f"slowest first look: {first}", looks[first][0], "ms", MOST_MS, 0)),
    )


def _row(path: str, looks: list[float]) -> Row:
    return Row(path, statistics.median(looks[1:]), "ms", MOST_MS, 0, f"first {looks[0]:.0f}")


def _look(place: Ground, admin: str, path: str) -> list[float]:
    """Milliseconds of each look; none where the address is a file's, or wants to be asked something."""
    taken: list[float] = []
    for _ in range(LOOKS + 1):
        began = time.perf_counter()
        reply = requests.get(place.server.url + path, headers={"Cookie": admin}, timeout=60)
        taken.append(1000 * (time.perf_counter() - began))
        assert reply.status_code in (200, 404), f"{path}: {reply.status_code}"
        if reply.status_code == 404 or "html" not in reply.headers["Content-Type"]:
            return []
    return taken


def _paths(place: Ground) -> list[str]:
    """Every organisers' address that can be asked for without knowing anything."""
    rules = [rule for rule in place.app.url_map.iter_rules() if rule.rule.startswith("/admin")]
    paths = {rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments}
    with place.ports.database.reading() as connection:
        guess = connection.execute(text("SELECT max(id) FROM guesses WHERE verdict = 'wrong'")).scalar_one()
    team = place.team_ids()[-1]
    return sorted(paths | {f"/admin/teams/{team}", f"/admin/accept/{guess}", *ASKING})


@contextlib.contextmanager
def late_in_the_hunt() -> Iterator[tuple[Ground, str]]:
    """The ground, and the cookie of an admin."""
    with (
        postgres_cluster() as cluster,
        PostgresShelf(lambda: cluster).fresh() as url,
        node(url, SETTINGS) as server,
    ):
        place = Ground(url, server, 1)
        ground.settle_teams(place)
        add_teams(place, TEAMS - ground.TEAMS)
        _let_them_play(place)
        with place.ports.database.reading() as connection:
            admin = connection.execute(text("SELECT id FROM teams WHERE role = 'admin'")).scalar_one()
        yield place, place.cookie(admin)


def _let_them_play(place: Ground) -> None:
    dice = random.Random(1)
    puzzles = [puzzle.id for puzzle in place.ports.in_force.content.puzzles]
    teams = place.team_ids()[ground.TEAMS :]
    now = datetime.now(UTC)
    for start in range(0, len(teams), TEAMS_AT_ONCE):
        some = teams[start : start + TEAMS_AT_ONCE]
        guesses = [_guess(dice, team, puzzles, now) for team in some for _ in range(GUESSES_OF_A_TEAM)]
        unlocks = [_unlock(team, key, now) for team in some for key in puzzles]
        solves = [_solve(dice, team, key, now) for team in some for key in dice.sample(puzzles, SOLVES_OF_A_TEAM)]
        scored = Team.__table__.update().where(Team.id.in_(some))
        with place.ports.database.writing() as connection:
            connection.execute(Guess.__table__.insert(), guesses)
            connection.execute(Unlock.__table__.insert(), unlocks)
            connection.execute(Solve.__table__.insert(), solves)
            connection.execute(LogEntry.__table__.insert(), [_login(dice, team, now) for team in some])
            connection.execute(scored.values(score=10 * SOLVES_OF_A_TEAM, first_guess_at=now))
    place.run("ANALYZE")


def _some_time(dice: random.Random, now: datetime) -> datetime:
    return now - timedelta(seconds=dice.random() * HOURS * 3600)


def _guess(dice: random.Random, team: int, puzzles: list[str], now: datetime) -> dict[str, object]:
    # Half of all wrong guesses are what many try, half are a team's own.
    number = dice.randrange(200) if dice.random() < 0.5 else dice.randrange(10**6)
    row = ground._guess(team, dice.choice(puzzles), number, _some_time(dice, now))
    return {**row, "address": f"198.51.{team // 250}.{team % 250}"}


def _unlock(team: int, puzzle: str, now: datetime) -> dict[str, object]:
    began = now - timedelta(hours=HOURS)
    return {"team_id": team, "puzzle_id": puzzle, "unlocked_at": began, "viewed_at": began}


def _solve(dice: random.Random, team: int, puzzle: str, now: datetime) -> dict[str, object]:
    return {"team_id": team, "puzzle_id": puzzle, "solved_at": _some_time(dice, now), "points": 10}


def _login(dice: random.Random, team: int, now: datetime) -> dict[str, object]:
    address = f"198.51.{team // 250}.{team % 250}"
    return {"team_id": team, "at": _some_time(dice, now), "kind": "login", "address": address}
