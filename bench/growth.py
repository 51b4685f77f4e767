"""A hunt ten times as large as the largest: 10,000 teams, 2,000,000 guesses and 1,000 puzzles, made by SQL.

What grows with a hunt shows here: the organisers' pages, the board, a restock, the list of levels. A page's figure is
the median of a few looks, the first of which nobody has warmed up for.
"""

from __future__ import annotations

import contextlib
import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from app.boards.leaderboard import board
from app.content.restock import restock
from app.content.sources.tables import Source
from app.database.engine import Database
from bench import organisers
from bench.client import Client
from bench.ground import Ground
from bench.hunts import made_up_hunt
from bench.meter import cpu_seconds
from bench.restock import with_new_title
from bench.tables import Row, Table
from tests.support.databases import PostgresShelf
from tests.support.postgres import postgres_cluster
from tests.support.server import node

TEAMS, GUESSES, PUZZLES = 10_000, 2_000_000, 1_000
# Teams far on in the hunt: half of all puzzles solved, all open.
LEADERS, SOLVED_BY_LEADERS, SOLVED = 200, 500, 20
POPULAR = "puzzle-0"
LOOKS = 5
MOST_KB = 150.0
GOALS = {"page": 300.0, "accept": 150.0, "cheating": 1_000.0, "board": 50.0, "restock": 0.3}

# The most popular puzzle has a tenth of all guesses. Half of the wrong ones are what many try.
_TEAMS = """
INSERT INTO teams (name, name_key, display_name, display_key, affiliation, emails, division, role, is_banned, epoch,
  created_at, score, xp, xp_periods, hint_credits, guess_times, first_guess_at)
SELECT 'grown-' || n, 'grown-' || n, 'Grown Team ' || n, 'grown team ' || n, 'Town ' || n % 50, '[]', :division,
  'team', false, 0, now() - interval '25 hours', 0, 0, 0, 3, '[]', now() - interval '24 hours'
FROM generate_series(1, :teams) n
"""
_GUESSES = """
INSERT INTO guesses (team_id, puzzle_id, guessed_at, verdict, text, digest, message_html, address)
SELECT :first + n % :teams, 'recP' || lpad(puzzle::text, 4, '0'), now() - random() * interval '24 hours', verdict,
  CASE WHEN verdict <> 'correct' THEN 'wrong ' || word END, lpad(md5(word::text), 64, '0'), '<p>That is not it.</p>',
  '198.51.' || (n % :teams) / 250 || '.' || (n % :teams) % 250
FROM (
  SELECT n, floor(:puzzles * power(random(), 3))::int AS puzzle,
    CASE WHEN random() < 0.5 THEN floor(random() * 200) ELSE 1000 + floor(random() * 1000000) END AS word,
    CASE WHEN random() < 0.05 THEN 'correct' WHEN random() < 0.02 THEN 'close' ELSE 'wrong' END AS verdict
  FROM generate_series(1, :guesses) n
) made
"""
_SOLVES = """
INSERT INTO solves (team_id, puzzle_id, solved_at, points, is_late)
SELECT :first + team, 'recP' || lpad(puzzle::text, 4, '0'), now() - random() * interval '24 hours', 100, false
FROM (
  SELECT team, puzzle FROM generate_series(0, :leaders - 1) team, generate_series(0, :many - 1) puzzle
  UNION ALL
  SELECT team, floor(:puzzles * random())::int
  FROM generate_series(:leaders, :teams - 1) team, generate_series(1, :few) puzzle
) made ON CONFLICT DO NOTHING
"""
_MORE = (
    "INSERT INTO ledger (team_id, kind, amount, reason, puzzle_id, at, actor)"
    " SELECT team_id, 'points', points, 'solve', puzzle_id, solved_at, '' FROM solves",
    "INSERT INTO unlocks (team_id, puzzle_id, unlocked_at, viewed_at)"
    " SELECT team_id, puzzle_id, solved_at - interval '1 hour', solved_at - interval '50 minutes' FROM solves",
    "INSERT INTO puzzle_tallies (puzzle_id, solves) SELECT puzzle_id, count(*) FROM solves GROUP BY 1",
    "UPDATE teams t SET score = s.points, last_points_at = s.at FROM"
    " (SELECT team_id, sum(points) AS points, max(solved_at) AS at FROM solves GROUP BY 1) s WHERE s.team_id = t.id",
    "INSERT INTO log (at, team_id, kind, details, address)"
    " SELECT now() - random() * interval '24 hours', id, 'login', '{}', '198.51.' || id / 250 % 250 || '.' || id % 250"
    " FROM teams, generate_series(1, 3) WHERE role = 'team'",
)


def measure() -> Table:
    """The table of what grows."""
    with grown() as (place, admin):
        rows = [*_restocks(place), *_board(place), *_players(place)]
        looks = {path: organisers._look(place, admin, path) for path in _paths(place)}
        rows += [_page(path, taken) for path, taken in sorted(looks.items(), key=_slowest) if taken]
    title = f"{TEAMS} teams, {GUESSES} guesses, {PUZZLES} puzzles"
    return Table(title, tuple(rows))


@contextlib.contextmanager
def grown() -> Iterator[tuple[Ground, str]]:
    """The ground of a large hunt, and the cookie of an admin."""
    with postgres_cluster() as cluster, PostgresShelf(lambda: cluster).fresh() as url:
        place = Ground(url, None, 1)  # type: ignore[arg-type]
        _restocked(place, made_up_hunt(PUZZLES))
        fill(place)
        with node(url, organisers.SETTINGS) as server:
            place.server = server
            yield place, place.cookie(_one(place, "SELECT id FROM teams WHERE role = 'admin'"))


def fill(place: Ground) -> None:
    """Teams and what they have done, in statements that no request could wait for."""
    _run(place, _TEAMS, teams=TEAMS, division=place.ports.in_force.content.divisions[0].code)
    first = _one(place, "SELECT min(id) FROM teams WHERE name LIKE 'grown-%'")
    _run(place, _GUESSES, first=first, teams=TEAMS, puzzles=PUZZLES, guesses=GUESSES)
    _run(place, _SOLVES, first=first, teams=TEAMS, puzzles=PUZZLES, leaders=LEADERS, many=SOLVED_BY_LEADERS, few=SOLVED)
    for statement in _MORE:
        _run(place, statement)
    _run(place, "VACUUM ANALYZE")


def _run(place: Ground, statement: str, **values: Any) -> None:
    driver: Any = place.ports.database.engine.raw_connection()
    try:
        with driver.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(_in_drivers_style(statement), values)
            cursor.execute("RESET statement_timeout")
    finally:
        driver.close()


def _in_drivers_style(statement: str) -> str:
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", statement.replace("%", "%%"))


def _one(place: Ground, statement: str) -> int:
    with place.ports.database.reading() as connection:
        return int(connection.execute(text(statement)).scalar_one())


# --- what is measured ------------------------------------------------------------------------------------------------


def _restocked(place: Ground, source: Source) -> float:
    with place.app.app_context():
        began = time.perf_counter()
        restock(place.ports.for_content, place.ports.hasher, source, "bench", consent=lambda effects: True)
        return time.perf_counter() - began


def _restocks(place: Ground) -> Iterator[Row]:
    source = made_up_hunt(PUZZLES)
    taken = [_restocked(place, with_new_title(source, f"Title {number}")) for number in range(3)]
    yield Row("restock of one changed title", statistics.median(taken), "s", GOALS["restock"])


def _board(place: Ground) -> Iterator[Row]:
    world, taken = place.ports, []
    division = world.in_force.content.divisions[0]
    for _ in range(LOOKS):
        place.run("DELETE FROM snapshots")
        began = time.perf_counter()
        board(
            Database(world.database.engine),
            world.in_force,
            world.clock,
            world.in_force.content,
            division,
            is_frozen=False,
        )
        taken.append(1000 * (time.perf_counter() - began))
    yield Row("board remade", statistics.median(taken), "ms", GOALS["board"], 0)


def _players(place: Ground) -> Iterator[Row]:
    team = _one(place, "SELECT min(id) FROM teams WHERE name LIKE 'grown-%'")
    client = Client(place.server.port, place.cookie(team))
    process = place.server.process.pid
    for name, path in (("level list", "/game"), ("puzzle page", f"/game/puzzle/{POPULAR}")):
        client.begin(path)
        before = cpu_seconds(process)
        size = max(len(client.get(path)) for _ in range(20))
        yield Row(f"{name}, {PUZZLES} puzzles open", 1000 * (cpu_seconds(process) - before) / 20, "ms CPU")
        yield Row(f"{name}, its size", size / 1000, "kB", MOST_KB, 0)
    client.close()


def _paths(place: Ground) -> list[str]:
    return [path.replace(organisers.PUZZLE, POPULAR) for path in organisers._paths(place)]


def _page(path: str, taken: list[float]) -> Row:
    kind = next((kind for kind in ("accept", "cheating") if kind in path), "page")
    return Row(path, statistics.median(taken[1:]), "ms", GOALS[kind], 0, f"first {taken[0]:.0f}")


def _slowest(found: tuple[str, list[float]]) -> float:
    return -max(found[1], default=0.0)
