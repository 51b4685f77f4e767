"""The answers of an import, hashed by a few threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.clock import Clock
from app.content.writing.answers import HashedText, hash_text
from app.errors import HashingBusy
from app.ports import Hasher

# Of the least weight: players go first.
LANE = "import"
# The pool decides how many hashes run at once; more threads would only wait.
THREADS = 4
SECONDS_BETWEEN_STEPS = 1.0
SECONDS_TO_WAIT, MOST_WAITS = 1.0, 60
Place = tuple[str, str, str]  # table, record id, field
# Answers hashed, of how many. May raise, to stop.
TellHashed = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ToHash:
    place: Place
    text: str = field(repr=False)
    signs: bool


def hash_all(hasher: Hasher, clock: Clock, wanted: Iterable[ToHash], tell: TellHashed) -> dict[Place, HashedText]:
    """Raises HashingBusy, and what ``tell`` raises."""
    work = _Hashing(hasher, clock, deque(wanted))
    count = len(work.waiting)
    threads = [threading.Thread(target=work.run, name="import", daemon=True) for _ in range(min(THREADS, count))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(SECONDS_BETWEEN_STEPS)
                tell(len(work.made), count)
    finally:
        work.is_over = True
        work.waiting.clear()
        for thread in threads:
            thread.join()
    if work.problems:
        raise work.problems[0]
    return work.made


@dataclass
class _Hashing:
    hasher: Hasher
    clock: Clock
    waiting: deque[ToHash]
    made: dict[Place, HashedText] = field(default_factory=dict)
    problems: list[Exception] = field(default_factory=list)
    is_over: bool = False

    def run(self) -> None:
        try:
            while True:
                try:
                    one = self.waiting.popleft()
                except IndexError:
                    return
                self.made[one.place] = self._patiently(one)
        except Exception as problem:  # noqa: BLE001 - raised in the thread that waits for this one
            self.problems.append(problem)
            self.waiting.clear()

    def _patiently(self, one: ToHash) -> HashedText:
        for _ in range(MOST_WAITS):
            try:
                return hash_text(self.hasher, one.text, has_near=one.signs, lane=LANE)
            except HashingBusy:
                if self.is_over:
                    raise
                self.clock.sleep(SECONDS_TO_WAIT)
        return hash_text(self.hasher, one.text, has_near=one.signs, lane=LANE)
