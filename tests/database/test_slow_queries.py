"""Slow statements are told of without what was asked with them, and a request whose time is over waits no longer."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, event, text

from app.clock import begin_waiting, end_waiting, seconds_left
from app.database import engine
from app.database.engine import Database, DatabaseBusy
from tests.support.clock import FixedClock


@pytest.fixture
def watched(sqlite_database: str, clock: FixedClock, caplog: pytest.LogCaptureFixture) -> Iterator[Database]:
    """A database whose statements take as many seconds as the value they are asked with says."""
    database = Database(made := create_engine(sqlite_database))
    engine.watch(made, clock, 500)
    event.listen(made, "before_cursor_execute", lambda *words: clock.advance(words[3][0] if words[3] else 0))
    with caplog.at_level(logging.WARNING, engine.logger.name):
        yield database
    made.dispose()
    end_waiting()


def ask(database: Database, seconds: float, answer: str = "HUNDERD") -> None:
    with database.reading() as connection:
        connection.execute(text("SELECT :seconds,\n   :answer"), {"seconds": seconds, "answer": answer})


def test_a_statement_at_the_threshold_is_a_line_without_its_values(
    watched: Database, caplog: pytest.LogCaptureFixture
) -> None:
    ask(watched, 0.499)
    assert caplog.records == []
    before = engine.SLOW._value.get()
    ask(watched, 0.5)
    (line,) = caplog.records
    told = vars(line)
    assert (told["statement"], told["ms"], told["threshold_ms"]) == ("SELECT ?, ?", 500.0, 500)
    assert "HUNDERD" not in str(told)
    assert engine.SLOW._value.get() == before + 1


def test_a_threshold_of_0_logs_nothing(
    sqlite_database: str, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    made = create_engine(sqlite_database)
    engine.watch(made, clock, 0)
    event.listen(made, "before_cursor_execute", lambda *_: clock.advance(9))
    ask(Database(made), 0)
    assert caplog.records == []


def test_a_request_may_wait_so_long_in_all_and_then_no_statement_is_sent(watched: Database, clock: FixedClock) -> None:
    begin_waiting(clock, 5)
    ask(watched, 2)
    ask(watched, 3)
    with pytest.raises(DatabaseBusy):
        ask(watched, 0)
    end_waiting()
    ask(watched, 3)


def test_a_transaction_whose_request_has_waited_too_long_is_rolled_back(watched: Database, clock: FixedClock) -> None:
    def change_and_wait() -> None:
        with watched.writing() as connection:
            connection.execute(text("INSERT INTO settings (name, value, changed_at) VALUES ('xp', 'on', '2027-01-01')"))
            clock.advance(5)
            connection.execute(text("SELECT 1"))

    begin_waiting(clock, 5)
    with pytest.raises(DatabaseBusy):
        change_and_wait()
    end_waiting()
    with watched.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM settings")).scalar_one() == 0


def test_what_is_left_of_a_requests_time_bounds_every_single_wait(clock: FixedClock) -> None:
    assert seconds_left(4) == 4, "outside of requests nothing is bounded"
    begin_waiting(clock, 5)
    assert seconds_left(4) == 4
    clock.advance(3)
    assert seconds_left(4) == 2
    clock.advance(30)
    assert seconds_left(4) == 0
    end_waiting()
    assert seconds_left(4) == 4
