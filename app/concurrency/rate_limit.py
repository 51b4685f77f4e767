"""Rate limits by token bucket, in the memory of one process. ``now`` is in monotonic seconds. Limits that must be
exact across processes use the database.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

from cachetools import LRUCache

# Keys kept per limit; an evicted key gets a full bucket.
MOST_KEYS = 10_000


@dataclass(slots=True)
class TokenBucket:
    """At most ``capacity`` tokens, ``per_second`` refilled; full at ``updated_at``."""

    capacity: float
    per_second: float
    updated_at: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.capacity

    def seconds_until(self, cost: float, now: float) -> float:
        self._refill(now)
        return max(0.0, (cost - self.tokens) / self.per_second)

    def take(self, cost: float, now: float) -> bool:
        """Take all or nothing."""
        self._refill(now)
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True

    def charge(self, cost: float, now: float) -> float:
        """Take even below zero; returns the seconds of debt."""
        self._refill(now)
        self.tokens -= cost
        return max(0.0, -self.tokens / self.per_second)

    def _refill(self, now: float) -> None:
        self.tokens = min(self.capacity, self.tokens + max(0.0, now - self.updated_at) * self.per_second)
        self.updated_at = now


class RateLimit:
    """A burst of ``most`` acts per key, refilled evenly over ``seconds``."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._per_second = most, most / seconds
        self._lock = threading.Lock()
        self._buckets: LRUCache[str, TokenBucket] = LRUCache(MOST_KEYS)

    def seconds_to_wait(self, key: str, now: float) -> int:
        """Whole seconds."""
        with self._lock:
            bucket = self._buckets.get(key)
            return math.ceil(bucket.seconds_until(1, now)) if bucket else 0

    def use(self, key: str, now: float) -> None:
        with self._lock:
            bucket = self._buckets.setdefault(key, TokenBucket(self._most, self._per_second, now))
            if not bucket.take(1, now):
                bucket.tokens = 0.0

    def knows(self, key: str) -> bool:
        with self._lock:
            return key in self._buckets
