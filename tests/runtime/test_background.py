"""The worker for what may happen after the answer: in order, apart from each other, never in the way."""

from __future__ import annotations

import logging
import threading

import pytest

from app.runtime.background import Later


def fail() -> None:
    raise RuntimeError("this work is broken")


def test_without_a_server_the_work_is_done_on_the_spot() -> None:
    done: list[int] = []
    Later()(lambda: done.append(1))
    assert done == [1]


@pytest.mark.parametrize("is_inline", [True, False])
def test_work_that_fails_ends_nothing_and_is_logged(is_inline: bool, caplog: pytest.LogCaptureFixture) -> None:
    later, done = Later(is_inline=is_inline), []
    with caplog.at_level(logging.ERROR):
        later(fail)
        later(lambda: done.append(1))
        if not is_inline:
            later.finish()
    assert done == [1]
    assert "work after an answer failed" in caplog.text


def test_a_server_does_the_work_in_order_elsewhere() -> None:
    later, done = Later(is_inline=False), []
    for number in range(50):
        later(lambda number=number: done.append((number, threading.current_thread().name)))
    later.finish()
    assert done == [(number, "later") for number in range(50)]


def test_too_much_work_is_dropped_and_counted_and_nobody_waits() -> None:
    later, may_end = Later(2, is_inline=False), threading.Event()
    for _ in range(10):
        later(may_end.wait)
    assert later.dropped >= 7
    may_end.set()
    later.finish()
