"""How much somebody may ask for in a while, counted in this process's memory: for reading, where a write would cost
more than what it keeps away.

Exact limits, such as the one on guesses, are counted in the database. Called by the middleware.
"""

from __future__ import annotations

import math
from collections import OrderedDict

MOST_KNOWN = 10_000


class Allowance:
    """``most`` acts at once; what was used grows back evenly within ``seconds``. The longest unseen are forgotten."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, key: str, now: float) -> int:
        """Whole seconds until the next act is allowed; 0 when it is now. ``now`` are monotonic seconds."""
        left = self._left(key, now)
        return 0 if left >= 1 else max(1, math.ceil((1 - left) * self._seconds / self._most))

    def use(self, key: str, now: float) -> None:
        """Count one act."""
        self._known[key] = (max(0.0, self._left(key, now) - 1), now)
        self._known.move_to_end(key)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def knows(self, key: str) -> bool:
        """Whether somebody has used it lately."""
        return key in self._known

    def _left(self, key: str, now: float) -> float:
        left, at = self._known.get(key, (float(self._most), now))
        return min(float(self._most), left + (now - at) * self._most / self._seconds)
