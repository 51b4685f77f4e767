"""Small writes after the response, such as first views.

The queue is bounded and may drop writes.
"""

from __future__ import annotations

from collections.abc import Callable

from app.concurrency.worker import Worker
from app.database.engine import may_write
from app.runtime.monkeypatch import is_patched

LONGEST_QUEUE = 1_000


class Later(Worker[Callable[[], None]]):
    """Runs functions in order: in a thread when serving, inline in tests and commands."""

    def __init__(self, longest_queue: int = LONGEST_QUEUE, *, is_inline: bool | None = None) -> None:
        is_inline = not is_patched() if is_inline is None else is_inline
        super().__init__("later", _run, longest_queue, is_inline=is_inline, item_name="work after an answer")

    def __call__(self, work: Callable[[], None]) -> None:
        if may_write():
            self.put(work)


def _run(work: Callable[[], None]) -> None:
    work()
