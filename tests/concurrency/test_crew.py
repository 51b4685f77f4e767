"""A crew: bounded by whoever finds the work, not held up by slow work, and loud about errors once all is over."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from app.concurrency.crew import work_off


def test_everything_that_is_found_is_done_and_counted() -> None:
    waiting = list(range(10))
    done: list[int] = []

    def find(running: Sequence[int]) -> list[int]:
        assert len(running) <= 3
        return [waiting.pop() for _ in range(min(3 - len(running), len(waiting)))]

    def work(number: int) -> bool:
        done.append(number)
        return number % 2 == 0

    assert work_off(find, work, 0.01) == 5
    assert sorted(done) == list(range(10))


def test_new_work_is_found_while_slow_work_runs() -> None:
    gate, found = threading.Event(), ["slow"]

    def find(running: Sequence[str]) -> list[str]:
        if running == ("slow",) and not gate.is_set():
            return ["quick"]
        return [found.pop()] if found else []

    def work(name: str) -> bool:
        if name == "slow":
            return gate.wait(60)
        gate.set()
        return True

    assert work_off(find, work, 0.01) >= 2


def test_an_error_is_raised_after_everything_that_runs_has_ended() -> None:
    gate, ended = threading.Event(), []
    waiting = ["slow", "broken"]

    def work(name: str) -> bool:
        if name == "broken":
            gate.set()
            raise ValueError("a bug")
        assert gate.wait(60)
        ended.append(name)
        return True

    with pytest.raises(ValueError, match="a bug"):
        work_off(lambda running: [waiting.pop() for _ in range(len(waiting))], work, 0.01)
    assert ended == ["slow"]
