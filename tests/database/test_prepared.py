"""The question of a page, planned once for each connection of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from app.database.engine import Database, engine_options
from app.database.page_query import PageRow, read_page_row
from tests.support.clock import FixedClock
from tests.support.world import World, world


@pytest.fixture
def node(postgres_database: str, clock: FixedClock) -> Iterator[World]:
    with world(postgres_database, clock) as found:
        yield found


@pytest.fixture
def direct(postgres_database: str) -> Iterator[Database]:
    url = postgres_database.replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(url, **engine_options(url, 1, 5, "infinity-tests"))
    yield Database(engine, is_direct=True)
    engine.dispose()


def prepared(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one())


def change(database: Database, statement: str) -> None:
    with database.reading() as connection:
        connection.execute(text(statement))


def ask(database: Database, team: int) -> list[PageRow]:
    """All kinds of questions."""
    return [
        read_page_row(database, team, "recOne", "key", "session", ["recOne", "rec'Two"]),
        read_page_row(database, team, None, "", "session", None, has_counts=True, marks=("news", "points")),
        read_page_row(database, None, marks=("news",)),
    ]


def test_a_question_is_prepared_once_and_answered_alike(node: World, direct: Database) -> None:
    first, second = node.add_team("Owls"), node.add_team("Crows")
    assert not prepared(direct)
    for team in (first, second, first):
        assert ask(direct, team) == ask(node.database, team)
    assert prepared(direct) == 3


@pytest.mark.parametrize("trouble", ["DEALLOCATE ALL", "ALTER TABLE teams ALTER COLUMN score TYPE numeric"])
def test_where_prepared_statements_go_away_pages_are_asked_plainly(node: World, direct: Database, trouble: str) -> None:
    team = node.add_team()
    ask(direct, team)
    change(direct, trouble)
    for _ in range(2):
        assert ask(direct, team) == ask(node.database, team)


def test_a_statement_that_another_process_prepared_on_this_connection_is_ours_too(
    node: World, direct: Database
) -> None:
    team = node.add_team()
    ask(direct, team)
    raw = direct.engine.raw_connection()
    # As behind a pooler: the connection is new to us and not to the server.
    raw.info.pop("prepared")
    raw.close()
    assert ask(direct, team) == ask(node.database, team)


def test_behind_a_pooler_nothing_is_prepared(node: World) -> None:
    ask(node.database, node.add_team())
    assert not prepared(node.database)
