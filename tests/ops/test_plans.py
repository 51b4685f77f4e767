"""Which index answers what organisers ask of a large hunt, by PostgreSQL's own plans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from app.database.schema import Guess, Solve
from app.guesses import wrong_guess_queries
from app.ops import activity_log_queries, dashboard_queries
from app.ops.activity_log_queries import LogFilter
from tests.support.clock import FixedClock
from tests.support.world import World, world

# Rows as long as those of a hunt: the index is much smaller than the table.
MESSAGE = f"<p>{'That is not it. ' * 25}</p>"


@pytest.fixture
def node(postgres_database: str, clock: FixedClock) -> Iterator[World]:
    """Many guesses, one in a hundred right, many solves, and the planner's figures about them."""
    with world(postgres_database, clock) as one:
        teams, now = [one.add_team(f"t{number}") for number in range(50)], clock.now()
        guesses = [
            {
                "team_id": teams[number % 50], "puzzle_id": f"rec{number % 10}", "guessed_at": now,
                "digest": f"{number:064}",
                "verdict": "wrong" if number % 100 else "correct", "text": "x", "message_html": MESSAGE, "address": "",
            }
            for number in range(20_000)
        ]  # fmt: skip
        solves = [
            {"team_id": teams[n % 50], "puzzle_id": f"rec{n}", "solved_at": now, "points": 1, "is_late": False}
            for n in range(5_000)
        ]
        with one.database.writing() as connection:
            connection.execute(Guess.__table__.insert(), guesses)
            connection.execute(Solve.__table__.insert(), solves)
        with one.database.reading() as connection:
            connection.execute(text("VACUUM ANALYZE guesses"))
            connection.execute(text("VACUUM ANALYZE solves"))
        yield one


def plans(node: World, ask: Any) -> str:
    """The plans of the statements that ``ask`` sends.

    A table of a test is small, and whether PostgreSQL prefers to read it whole depends on what its own upkeep has come
    to: so that is made dear, and the question is which index can answer.
    """
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        sent.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    driver = node.database.engine.raw_connection()
    try:
        cursor = driver.cursor()
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = []
        for statement, values in sent:
            cursor.execute("EXPLAIN " + statement, values)
            found += [row[0] for row in cursor.fetchall()]
        return "\n".join(found)
    finally:
        driver.close()


def test_the_log_of_right_guesses_is_read_by_its_own_index(node: World) -> None:
    wanted = LogFilter(puzzle_id="rec0", verdict="correct")
    plan = plans(node, lambda: activity_log_queries.read_entries(node.database, wanted, 101))
    assert "ix_guesses_verdict" in plan, plan


def test_frequent_guesses_are_counted_by_their_index(node: World) -> None:
    plan = plans(node, lambda: wrong_guess_queries.read_frequent(node.database, "rec1", 2))
    assert "ix_guesses_digest" in plan, plan
    assert "Seq Scan on guesses" not in plan


def test_solves_of_the_last_hour_are_found_by_their_time(node: World) -> None:
    plan = plans(node, lambda: dashboard_queries.solves_per_minute(node.database, node.clock.now().replace(year=2037)))
    assert "ix_solves_time" in plan, plan


def test_solves_since_a_moment_are_found_by_their_time(node: World) -> None:
    plan = plans(node, lambda: dashboard_queries.read_advanced(node.database, node.clock.now().replace(year=2037)))
    assert "ix_solves_time" in plan, plan
    assert "Seq Scan on solves" not in plan
