"""What becomes of a connection that is lost in the middle of something."""

from __future__ import annotations

import psycopg2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError

from app.store.connections import Database, DatabaseBusy


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
