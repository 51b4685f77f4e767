"""Garbage collection in short, planned pauses."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from app.clock import Clock

# With thousands of sockets a full collection takes tenths of a second. Here the youngest generation is collected ten
# times a second, the middle one each second, the oldest each minute, within a short pause. Survivors are frozen
# (gc.freeze): they are freed by reference counts, since our sockets and connections break their cycles. Frozen cycles
# are collected when hardly anyone is connected.

TICK_SECONDS = 0.1
TICKS_A_SECOND, TICKS_A_MINUTE = 10, 600
# A fallback: computations that never yield must not fill the memory with cycles.
LEFT_TO_ITSELF = (100_000, 20, 1_000)
# A million objects take half a second, more on a busy machine.
MOST_AT_ONCE = 30_000
FEW_CONNECTIONS = 50
# Growth since the last full collection that makes another worth its pause.
WORTH_A_LOOK = 100_000


class Memory:
    """``longest_pause``: of the collector, in seconds, since :meth:`settle`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = 0.0
        self._ticks = 0
        self._settled = 0
        self.longest_pause = 0.0

    def settle(self) -> None:
        """Before serving: collect, freeze, and start to measure."""
        self._look_through_everything()
        gc.set_threshold(*LEFT_TO_ITSELF)
        gc.callbacks.append(self._time)

    def keep_tidy(self, pause: Callable[[float], None], connections: Callable[[], int]) -> None:
        """For a thread; never returns. ``connections`` returns how many are open."""
        while True:
            pause(TICK_SECONDS)
            self.tick(connections())

    def tick(self, connections: int) -> None:
        self._ticks += 1
        gc.collect(0)
        if self._ticks % TICKS_A_SECOND == 0:
            self._look_at(1)
        if self._ticks % TICKS_A_MINUTE == 0:
            if connections <= FEW_CONNECTIONS and gc.get_freeze_count() - self._settled > WORTH_A_LOOK:
                self._look_through_everything()
            else:
                self._look_at(2)
                gc.freeze()

    def _look_at(self, generation: int) -> None:
        if len(gc.get_objects(generation)) <= MOST_AT_ONCE:
            gc.collect(generation)
        else:
            # A sudden growth (sockets after a restart, new content) is mostly not garbage.
            gc.freeze()

    def _look_through_everything(self) -> None:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._settled = gc.get_freeze_count()

    def _time(self, phase: str, _what: dict[str, Any]) -> None:
        if phase == "start":
            self._began = self._clock.monotonic()
        else:
            self.longest_pause = max(self.longest_pause, self._clock.monotonic() - self._began)
