"""A bounded, thread-safe cache: cachetools itself needs a lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import cachetools

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """At most ``size`` entries; evicts the least recently used.

    With ``seconds`` and ``monotonic``, an entry also expires after that time.
    """

    def __init__(self, size: int, seconds: float | None = None, monotonic: Callable[[], float] | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: cachetools.Cache[Key, Value] = (
            cachetools.LRUCache(size)
            if seconds is None or monotonic is None
            else cachetools.TTLCache(size, seconds, monotonic)
        )

    def get(self, key: Key) -> Value | None:
        with self._lock:
            return self._entries.get(key)

    def put(self, key: Key, value: Value) -> None:
        with self._lock:
            self._entries[key] = value

    def pop(self, key: Key) -> None:
        with self._lock:
            self._entries.pop(key, None)

    def grow(self, size: int) -> None:
        """Keep more entries than before; never fewer. Not for entries that expire."""
        with self._lock:
            if size > self._entries.maxsize:
                larger: cachetools.Cache[Key, Value] = cachetools.LRUCache(size)
                for key in self._entries:
                    larger[key] = self._entries[key]
                self._entries = larger

    def __contains__(self, key: Key) -> bool:
        with self._lock:
            return key in self._entries

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)
