"""Small writes after the answer has gone out, such as the time of the first view of a puzzle.

A write that does not fit into the queue is lost: nothing that matters may depend on it.
"""

from __future__ import annotations

from collections.abc import Callable

from app.concurrency.worker import Worker
from app.database.engine import may_write
from app.runtime.monkeypatch import is_patched

LONGEST_QUEUE = 1_000


class Later(Worker[Callable[[], None]]):
    """Runs functions in order. Only a serving process has a thread; tests and commands run them inline."""

    def __init__(self, longest_queue: int = LONGEST_QUEUE, *, is_inline: bool | None = None) -> None:
        is_inline = not is_patched() if is_inline is None else is_inline
        super().__init__("later", _run, longest_queue, is_inline=is_inline, item_name="work after an answer")

    def __call__(self, work: Callable[[], None]) -> None:
        """Take the work over without waiting. A request that may not write has none done."""
        if may_write():
            self.put(work)


def _run(work: Callable[[], None]) -> None:
    work()
