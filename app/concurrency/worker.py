"""A worker: one thread that processes a bounded queue in order."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
logger = logging.getLogger("infinity.worker")


class Worker(Generic[Item]):
    """The first item starts a daemon thread.

    Errors of ``handle`` are logged. ``is_inline``: handle in ``put``, for tests and commands. ``item_name``: for the
    log.
    """

    def __init__(
        self,
        name: str,
        handle: Callable[[Item], None],
        longest_queue: int,
        *,
        is_inline: bool = False,
        item_name: str = "an item",
    ) -> None:
        self._name, self._item_name = name, item_name
        self._handle, self._is_inline = handle, is_inline
        self._queue: queue.Queue[Item] = queue.Queue(longest_queue)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def put(self, item: Item) -> None:
        """Never blocks; a full queue drops the item, counted and logged."""
        if self._is_inline:
            self._handle_safely(item)
            return
        self._start()
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            self.dropped += 1
            logger.warning("%s was dropped: the queue of the worker is full", self._item_name)

    def waiting(self) -> int:
        return self._queue.qsize()

    def finish(self) -> None:
        self._queue.join()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            item = self._queue.get()
            try:
                self._handle_safely(item)
            finally:
                self._queue.task_done()

    def _handle_safely(self, item: Item) -> None:
        try:
            self._handle(item)
        except Exception:
            logger.exception("%s failed", self._item_name)
