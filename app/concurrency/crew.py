"""Concurrent work in one thread an item."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


def work_off(
    find: Callable[[Sequence[Item]], Sequence[Item]], work: Callable[[Item], bool], look_again_seconds: float
) -> int:
    """Run ``work`` on what ``find`` returns; returns how often it was True.

    ``find`` gets the running items and decides what to add; asked after each completion and periodically. Raises the
    first error after all running work has ended.
    """
    crew = _Crew(work)
    while True:
        try:
            added = () if crew.problems else find(tuple(crew.running))
        except Exception as problem:  # noqa: BLE001 - what runs must end first
            crew.problems.append(problem)
            added = ()
        for item in added:
            crew.start(item)
        if not crew.running:
            break
        crew.wait(look_again_seconds)
    if crew.problems:
        raise crew.problems[0]
    return crew.count


class _Crew(Generic[Item]):
    def __init__(self, work: Callable[[Item], bool]) -> None:
        self._work = work
        self._finished: queue.Queue[tuple[Item, bool | Exception]] = queue.Queue()
        self.running: list[Item] = []
        self.problems: list[Exception] = []
        self.count = 0

    def start(self, item: Item) -> None:
        self.running.append(item)
        threading.Thread(target=self._run, args=(item,), name="crew", daemon=True).start()

    def _run(self, item: Item) -> None:
        try:
            self._finished.put((item, self._work(item)))
        except Exception as problem:  # noqa: BLE001 - work_off raises it
            self._finished.put((item, problem))

    def wait(self, seconds: float) -> None:
        with contextlib.suppress(queue.Empty):
            self._take(*self._finished.get(timeout=seconds))
            while True:
                self._take(*self._finished.get_nowait())

    def _take(self, item: Item, outcome: bool | Exception) -> None:
        self.running.remove(item)
        if isinstance(outcome, Exception):
            self.problems.append(outcome)
        else:
            self.count += outcome
