"""Small writes after the answer has gone out, such as the time of a first look at a puzzle.

One worker a process, in order, from a bounded queue. What does not fit is dropped and counted: nobody waits for it, and
nothing that matters may be left to it. Called through ``Ports.later``.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from app.runtime.green import is_patched
from app.store.connections import may_write

Work = Callable[[], None]
LONGEST_QUEUE = 1_000
logger = logging.getLogger("infinity.later")


class Later:
    """Runs what it is given, once, in the order given. Errors are logged and end nothing.

    Only a serving process has a worker; in tests and on the command line the work is done on the spot.
    """

    def __init__(self, longest_queue: int = LONGEST_QUEUE, *, is_inline: bool | None = None) -> None:
        self._is_inline = not is_patched() if is_inline is None else is_inline
        self._waiting: queue.Queue[Work] = queue.Queue(longest_queue)
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self.dropped = 0

    def __call__(self, work: Work) -> None:
        """Take the work over; never raises, and a serving process does not wait for it."""
        if not may_write():
            return
        if self._is_inline:
            _run_alone(work)
            return
        self._start()
        try:
            self._waiting.put_nowait(work)
        except queue.Full:
            self.dropped += 1
            logger.warning("too much waits to be written after its answer; one piece of work was dropped")

    def waiting(self) -> int:
        """How much has been taken over and not begun."""
        return self._waiting.qsize()

    def finish(self) -> None:
        """Return when everything taken over so far has been done."""
        self._waiting.join()

    def _start(self) -> None:
        # Started by the first use: a process that only migrates has no worker.
        with self._lock:
            if self._worker is None:
                self._worker = threading.Thread(target=self._run, name="later", daemon=True)
                self._worker.start()

    def _run(self) -> None:
        while True:
            work = self._waiting.get()
            try:
                _run_alone(work)
            finally:
                self._waiting.task_done()


def _run_alone(work: Work) -> None:
    try:
        work()
    except Exception:
        logger.exception("work after an answer failed")
