"""A crew: several pieces of work at once, each in a thread of its own, until there is nothing left to do."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def work_off(
    find: Callable[[Sequence[Item]], Sequence[Item]], work: Callable[[Item], bool], look_again_seconds: float
) -> int:
    """Run ``work`` for what ``find`` returns; return how often it was True.

    ``find`` gets what is running and decides how much may be added. It is asked again whenever something is finished,
    and every so many seconds, so that new work does not wait for slow work. Raises the first error of ``work`` or
    ``find`` after everything that runs has ended.
    """
    finished: queue.Queue[tuple[Item, bool | Exception]] = queue.Queue()
    running: list[Item] = []
    problems: list[Exception] = []
    count = 0

    def run(item: Item) -> None:
        try:
            finished.put((item, work(item)))
        except Exception as problem:  # noqa: BLE001 - it is raised by whoever waits for the crew
            finished.put((item, problem))

    while True:
        try:
            added = () if problems else find(tuple(running))
        except Exception as problem:  # noqa: BLE001 - what runs must end first
            problems.append(problem)
            added = ()
        for item in added:
            running.append(item)
            threading.Thread(target=run, args=(item,), name="crew", daemon=True).start()
        if not running:
            break
        for item, outcome in _next(finished, look_again_seconds):
            running.remove(item)
            if isinstance(outcome, Exception):
                problems.append(outcome)
            else:
                count += outcome
    if problems:
        raise problems[0]
    return count


def _next(
    finished: queue.Queue[tuple[Item, bool | Exception]], seconds: float
) -> list[tuple[Item, bool | Exception]]:  # fmt: skip
    try:
        found = [finished.get(timeout=seconds)]
        while not finished.empty():
            found.append(finished.get_nowait())
    except queue.Empty:
        return []
    return found
