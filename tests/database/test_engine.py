"""What becomes of a connection that is lost in the middle of something."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

from app.database import engine as database_engine
from app.database.engine import Database, DatabaseBusy, engine_options


@pytest.fixture
def database(sqlite_database: str) -> Database:
    return Database(create_engine(sqlite_database))


def lost(is_lost: bool) -> DatabaseError:
    """The driver's complaint about a server that ended while it answered; it has no finer name."""
    return DatabaseError("SELECT 1", {}, psycopg2.DatabaseError("no message"), connection_invalidated=is_lost)


@pytest.mark.parametrize("way", ["reading", "writing", "frozen_view"])
def test_a_server_that_ends_in_the_middle_of_an_answer_is_a_busy_database(database: Database, way: str) -> None:
    with pytest.raises(DatabaseBusy), getattr(database, way)():
        raise lost(is_lost=True)


def test_a_fault_that_leaves_the_connection_whole_is_nobodys_patience(database: Database) -> None:
    with pytest.raises(DatabaseError), database.reading():
        raise lost(is_lost=False)


@pytest.fixture
def pooled(postgres_database: str) -> Iterator[Database]:
    """A database with a pool of two connections, both of which have been used."""
    url = postgres_database.replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(url, **engine_options(url, 2, 1.0, "test"))
    database = Database(engine)
    with database.reading() as one, database.reading() as other:
        backend(one), backend(other)
    yield database
    engine.dispose()


def backend(connection: database_engine.Transaction) -> int:
    found: int = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return found


def end_all(database: Database) -> None:
    """What a restart of the server does to the connections at rest, seen from this side."""
    others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'test'"
    outside = create_engine(database.engine.url)
    with outside.connect() as connection:
        connection.execute(text(others)).all()
    outside.dispose()


@pytest.mark.parametrize("way", ["reading", "writing", "frozen_view"])
def test_connections_that_the_server_closed_are_replaced_before_they_are_used(pooled: Database, way: str) -> None:
    end_all(pooled)
    for _ in range(3):
        with getattr(pooled, way)() as connection:
            assert backend(connection)


def test_the_question_of_a_page_outlasts_a_restart_that_nobody_noticed(pooled: Database) -> None:
    end_all(pooled)
    for _ in range(3):
        assert pooled.ask("SELECT pg_backend_pid() + %(none)s", {"none": 0})


def test_a_connection_that_was_dropped_without_a_word_is_asked_after_a_long_rest(
    pooled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(pooled.engine.dialect, "do_ping", asked.append)
    with pooled.reading() as connection:
        backend(connection)
    assert not asked
    monkeypatch.setattr(database_engine, "LONG_REST_SECONDS", -1.0)
    with pooled.reading() as connection:
        backend(connection)
    assert len(asked) == 1


def test_a_read_begins_no_transaction(pooled: Database) -> None:
    with pooled.reading() as connection:
        backend(connection)
        driver = connection.connection.dbapi_connection
        assert driver.info.transaction_status == 0  # type: ignore[union-attr]


def test_a_transaction_after_a_read_is_a_transaction(pooled: Database) -> None:
    def fail() -> None:
        with pooled.writing() as connection:
            connection.execute(text("UPDATE hunt_state SET last_event = 77"))
            raise ZeroDivisionError

    with pooled.reading() as connection:
        backend(connection)
    with pytest.raises(ZeroDivisionError):
        fail()
    with pooled.reading() as connection:
        assert connection.execute(text("SELECT last_event FROM hunt_state")).scalar_one() != 77
