"""Rate limits by token bucket. ``now`` is in monotonic seconds throughout.

They count in the memory of one process. A limit that must be exact across processes is counted in the database.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

from cachetools import LRUCache

# Keys of one limit that are remembered; the least recently used has a full bucket again.
MOST_KEYS = 10_000


@dataclass(slots=True)
class TokenBucket:
    """Holds at most ``capacity`` tokens and regains ``per_second``; full at ``updated_at``."""

    capacity: float
    per_second: float
    updated_at: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.capacity

    def seconds_until(self, cost: float, now: float) -> float:
        """Return the seconds until ``cost`` tokens are there; 0 if they are there now."""
        self._refill(now)
        return max(0.0, (cost - self.tokens) / self.per_second)

    def take(self, cost: float, now: float) -> bool:
        """Take tokens and return True if there are enough, else leave them."""
        self._refill(now)
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True

    def charge(self, cost: float, now: float) -> float:
        """Take tokens even below zero; return the seconds until the debt is repaid."""
        self._refill(now)
        self.tokens -= cost
        return max(0.0, -self.tokens / self.per_second)

    def _refill(self, now: float) -> None:
        self.tokens = min(self.capacity, self.tokens + max(0.0, now - self.updated_at) * self.per_second)
        self.updated_at = now


class RateLimit:
    """``most`` acts at once for each key; they grow back evenly within ``seconds``."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._per_second = most, most / seconds
        self._lock = threading.Lock()
        self._buckets: LRUCache[str, TokenBucket] = LRUCache(MOST_KEYS)

    def seconds_to_wait(self, key: str, now: float) -> int:
        """Return the whole seconds until the next act is allowed; 0 if it is allowed now."""
        with self._lock:
            bucket = self._buckets.get(key)
            return math.ceil(bucket.seconds_until(1, now)) if bucket else 0

    def use(self, key: str, now: float) -> None:
        """Count one act."""
        with self._lock:
            bucket = self._buckets.setdefault(key, TokenBucket(self._most, self._per_second, now))
            if not bucket.take(1, now):
                bucket.tokens = 0.0

    def knows(self, key: str) -> bool:
        """Return whether the key has been used lately."""
        with self._lock:
            return key in self._buckets
