"""The worker: in order, in one thread, bounded, and ended by no error."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.concurrency.worker import Worker


def test_items_are_handled_in_order_by_one_thread_of_that_name() -> None:
    handled: list[tuple[int, str]] = []
    worker: Worker[int] = Worker("errands", lambda item: handled.append((item, threading.current_thread().name)), 100)
    for number in range(50):
        worker.put(number)
    worker.finish()
    assert handled == [(number, "errands") for number in range(50)]


def test_threads_that_put_at_once_start_one_thread_and_lose_nothing() -> None:
    handled: list[int] = []
    worker: Worker[int] = Worker("crowd", handled.append, 1_000)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(worker.put, range(500)))
    worker.finish()
    assert sorted(handled) == list(range(500))
    assert [thread.name for thread in threading.enumerate()].count("crowd") == 1


def test_without_an_item_there_is_no_thread() -> None:
    Worker("idle", print, 1)
    assert "idle" not in [thread.name for thread in threading.enumerate()]


def test_what_does_not_fit_is_dropped_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    may_end = threading.Event()
    worker: Worker[int] = Worker("full", lambda _: may_end.wait(), 2, item_name="a word")
    for number in range(10):
        worker.put(number)
    assert worker.dropped in (7, 8)
    assert worker.waiting() == 2
    assert "a word was dropped" in caplog.text
    may_end.set()
    worker.finish()


@pytest.mark.parametrize("is_inline", [True, False])
def test_an_error_is_logged_and_ends_nothing(is_inline: bool, caplog: pytest.LogCaptureFixture) -> None:
    results: list[float] = []
    worker: Worker[int] = Worker("shaky", lambda item: results.append(1 / item), 9, is_inline=is_inline)
    with caplog.at_level(logging.ERROR):
        worker.put(0)
        worker.put(1)
        worker.finish()
    assert results == [1]
    assert "an item failed" in caplog.text
