"""What becomes of a connection that is lost in the middle of something."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.database import engine as database_engine
from app.database.engine import Database, DatabaseBusy, engine_options, later
from tests.support.clock import FixedClock
from tests.support.world import world


@pytest.fixture
def on_sqlite(sqlite_database: str) -> Database:
    return Database(create_engine(sqlite_database))


def lost(is_lost: bool) -> DatabaseError:
    """The driver's complaint about a server that ended while it answered; it has no finer name."""
    return DatabaseError("SELECT 1", {}, psycopg2.DatabaseError("no message"), connection_invalidated=is_lost)


@pytest.mark.parametrize("way", ["reading", "writing", "frozen_view"])
def test_a_server_that_ends_in_the_middle_of_an_answer_is_a_busy_database(on_sqlite: Database, way: str) -> None:
    with pytest.raises(DatabaseBusy), getattr(on_sqlite, way)():
        raise lost(is_lost=True)


def test_a_fault_that_leaves_the_connection_whole_is_nobodys_patience(on_sqlite: Database) -> None:
    with pytest.raises(DatabaseError), on_sqlite.reading():
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


@pytest.fixture
def database_of_either_kind(database: str) -> Iterator[Database]:
    with world(database, FixedClock(), pool=2) as node:
        yield node.database


def last_event(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT last_event FROM hunt_state")).scalar_one())


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


# --- fewer round trips -----------------------------------------------------------------------------------------------


def test_what_is_executed_later_is_stored_in_its_order(database_of_either_kind: Database) -> None:
    with database_of_either_kind.writing() as connection:
        later(connection, text("UPDATE hunt_state SET last_event = :n"), {"n": 1})
        later(connection, text("UPDATE hunt_state SET last_event = last_event * 10 + :n"), {"n": 2})
    assert last_event(database_of_either_kind) == 12


def test_a_question_in_between_sees_what_was_executed_later(database_of_either_kind: Database) -> None:
    with database_of_either_kind.writing() as connection:
        later(connection, text("UPDATE hunt_state SET last_event = :n"), {"n": 5})
        assert connection.execute(text("SELECT last_event FROM hunt_state")).scalar_one() == 5
        many = [{"n": 1}, {"n": 2}]
        later(connection, text("UPDATE hunt_state SET last_event = last_event + :n"), {"n": 10})
        connection.execute(text("UPDATE hunt_state SET last_event = last_event + :n"), many)
    assert last_event(database_of_either_kind) == 18


def test_later_outside_of_a_transaction_is_at_once(database_of_either_kind: Database) -> None:
    with database_of_either_kind.reading() as connection:
        later(connection, text("UPDATE hunt_state SET last_event = :n"), {"n": 9})
    assert last_event(database_of_either_kind) == 9


def test_an_error_of_a_later_statement_undoes_all_and_leaves_the_connection_clean(
    database_of_either_kind: Database,
) -> None:
    again = text("INSERT INTO hunt_state (id, settings_revision, last_event) VALUES (1, 0, 0)")

    def fail() -> None:
        with database_of_either_kind.writing() as connection:
            later(connection, text("UPDATE hunt_state SET last_event = 7"))
            later(connection, again)

    for _ in range(3):
        with pytest.raises(IntegrityError):
            fail()
    assert last_event(database_of_either_kind) == 0


def test_a_transaction_that_asks_nothing_sends_nothing(pooled: Database) -> None:
    with pooled.writing() as connection:
        driver = connection.connection.dbapi_connection
    assert driver.info.transaction_status == 0  # type: ignore[union-attr]


def test_a_text_with_everything_in_it_arrives_as_it_is(database_of_either_kind: Database) -> None:
    words = "100 %s; '); DROP TABLE hunt_state; -- \\ \" ' %(n)s :n\n"
    with database_of_either_kind.writing() as connection:
        kept = "INSERT INTO settings (name, value, changed_at) VALUES (:name, :value, CURRENT_TIMESTAMP)"
        later(connection, text(kept), {"name": "x", "value": words})
    with database_of_either_kind.reading() as connection:
        assert connection.execute(text("SELECT value FROM settings")).scalar_one() == words


def test_a_transaction_that_is_given_up_half_way_holds_no_lock(pooled: Database) -> None:
    def give_up() -> None:
        with pooled.writing() as connection:
            connection.execute(text("UPDATE hunt_state SET last_event = 3"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up()
    with pooled.writing() as connection:
        connection.execute(text("SET LOCAL lock_timeout = 1"))
        connection.execute(text("UPDATE hunt_state SET last_event = 4"))
    assert last_event(pooled) == 4
