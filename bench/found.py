"""What 300 found answers cost a team's pages, and what 500 waiting questions cost the hint desk.

Two teams of one hunt have solved the same 300 puzzles; of one the answers are kept. Their pages are made in turns by
the application inside this process, and compared by its processor time.
"""

from __future__ import annotations

import contextlib
import gc
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from app.content.restock import restock
from app.database.schema import HintMessage, HintRequest, Solve, Team, Unlock
from app.guesses.found_answers import encrypt_answer
from bench.ground import Ground
from bench.hunts import made_up_hunt
from bench.tables import Row, Table, quiet_row
from tests.support.databases import PostgresShelf
from tests.support.postgres import postgres_cluster

PUZZLES, SOLVED, QUESTIONS = 320, 300, 500
ROUNDS, REQUESTS = 24, 10
MOST_MORE, MOST_DESK_MS = 1.05, 300.0
# With an argument that no page knows they are made for each request.
PAGES = {
    "levels": "/game?bench=1",
    "a level": "/game/recL0003?bench=1",
    "a puzzle": f"/game/puzzle/puzzle-{PUZZLES - 2}?bench=1",
    "a solved puzzle": "/game/puzzle/puzzle-3?bench=1",
}


def measure() -> Table:
    with settled() as (place, without, kept, helper):
        rows = [row for name, path in PAGES.items() for row in _compared(place, name, path, without, kept)]
        rows.append(_desk(place, helper))
    return Table(f"{SOLVED} found answers, {QUESTIONS} waiting questions", tuple(rows))


def _compared(place: Ground, name: str, path: str, without: int, kept: int) -> Iterator[Row]:
    browsers = [_browser(place, one) for one in (without, kept)]
    turns: list[list[float]] = [[], []]
    for browser in browsers:
        _cost(browser, path)
    for number in range(ROUNDS):
        for which in (0, 1) if number % 2 else (1, 0):
            turns[which].append(1000 * _cost(browsers[which], path))
    yield quiet_row(f"{name}: without answers", turns[0], "ms CPU")
    yield quiet_row(f"{name}: with answers", turns[1], "ms CPU")
    # Of neighbours in time, so that other load on the machine affects both.
    more = statistics.median(two / one for one, two in zip(*turns, strict=True))
    yield Row(f"{name}: with against without", more, "", MOST_MORE)


def _cost(browser: Any, path: str) -> float:
    """Processor seconds for each request; what the collector of garbage does falls on nobody."""
    gc.collect()
    gc.disable()
    try:
        before = time.process_time()
        for _ in range(REQUESTS):
            reply = browser.get(path)
            assert reply.status_code == 200, reply.status
        return (time.process_time() - before) / REQUESTS
    finally:
        gc.enable()


def _desk(place: Ground, helper: int) -> Row:
    browser, looks = _browser(place, helper), []
    for _ in range(8):
        started = time.perf_counter()
        assert browser.get("/admin/hints").status_code == 200
        looks.append(1000 * (time.perf_counter() - started))
    spread = f"first {looks[0]:.0f}, … {max(looks[1:]):.0f}"
    return Row("the hint desk", statistics.median(looks), "ms", MOST_DESK_MS, 0, spread)


def _browser(place: Ground, account: int) -> Any:
    browser = place.app.test_client()
    browser.set_cookie("session", place.cookie(account).partition("=")[2])
    return browser


@contextlib.contextmanager
def settled() -> Iterator[tuple[Ground, int, int, int]]:
    """The ground; the team without kept answers, the one with them, and a helper."""
    with postgres_cluster() as cluster, PostgresShelf(lambda: cluster).fresh() as url:
        place = Ground(url, None, 1)  # type: ignore[arg-type]
        with place.app.app_context():
            restock(place.ports.for_content, place.ports.hasher, made_up_hunt(PUZZLES), "bench")
        without, kept = (_team(place, name, is_kept=name == "kept") for name in ("plain", "kept"))
        _ask(place)
        yield place, without, kept, _account(place, "helper", role="helper", roles="helper")


def _account(place: Ground, name: str, **more: object) -> int:
    division = place.ports.in_force.content.divisions[0].code
    row: dict[str, object] = {
        "name": name, "name_key": name, "display_name": f"Bench {name}", "display_key": f"bench {name}",
        "division": division, "created_at": datetime.now(UTC) - timedelta(hours=30), "emails": [], "guess_times": [],
    }  # fmt: skip
    with place.ports.database.writing() as connection:
        return int(connection.execute(Team.__table__.insert().values(row | more)).inserted_primary_key[0])


def _team(place: Ground, name: str, *, is_kept: bool) -> int:
    team, now = _account(place, name), datetime.now(UTC) - timedelta(hours=2)
    keys = [puzzle.id for puzzle in place.ports.in_force.content.puzzles]
    solves = [
        {"team_id": team, "puzzle_id": key, "solved_at": now, "points": 100, "is_late": False,
         "answer": encrypt_answer(place.ports.encryption, team, key, f"Answer {key}") if is_kept else None}
        for key in keys[:SOLVED]
    ]  # fmt: skip
    with place.ports.database.writing() as connection:
        seen = [{"team_id": team, "puzzle_id": key, "unlocked_at": now, "viewed_at": now} for key in keys]
        connection.execute(Unlock.__table__.insert(), seen)
        connection.execute(Solve.__table__.insert(), solves)
    return team


def _ask(place: Ground) -> None:
    """So many questions of as many teams."""
    now, key = datetime.now(UTC), place.ports.in_force.content.puzzles[0].id
    teams = [_account(place, f"asks-{number}") for number in range(QUESTIONS)]
    with place.ports.database.writing() as connection:
        for number, team in enumerate(teams):
            row = {"team_id": team, "puzzle_id": key, "state": "open", "asked_at": now - timedelta(minutes=number)}
            added = HintRequest.__table__.insert().values(row | {"open_key": f"{team}:{key}", "changes": 1})
            request = connection.execute(added).inserted_primary_key[0]
            said = {"request_id": request, "author_id": team, "is_staff": False, "text": "We are stuck."}
            connection.execute(HintMessage.__table__.insert().values(said | {"written_at": now}))
