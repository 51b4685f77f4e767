"""A bounded cache that several threads may use: the caches of cachetools need a lock around each access."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import cachetools

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """At most ``size`` entries; the least recently used goes first.

    With ``seconds`` and ``monotonic``, an entry also expires that long after it was put.
    """

    def __init__(self, size: int, seconds: float | None = None, monotonic: Callable[[], float] | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: cachetools.Cache[Key, Value] = (
            cachetools.LRUCache(size)
            if seconds is None or monotonic is None
            else cachetools.TTLCache(size, seconds, monotonic)
        )

    def get(self, key: Key) -> Value | None:
        """Return the value of ``key``, or None."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Store a value."""
        with self._lock:
            self._entries[key] = value

    def pop(self, key: Key) -> None:
        """Remove ``key``, if it is there."""
        with self._lock:
            self._entries.pop(key, None)

    def __contains__(self, key: Key) -> bool:
        with self._lock:
            return key in self._entries

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)
