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

    With ``seconds`` and ``monotonic``, entries expire. With ``size_of``, ``size`` bounds the sum of sizes; a larger
    value is not kept.
    """

    def __init__(
        self, size: int, seconds: float | None = None, monotonic: Callable[[], float] | None = None,
        size_of: Callable[[Value], int] | None = None,
    ) -> None:  # fmt: skip
        self._lock = threading.Lock()
        self._entries: cachetools.Cache[Key, Value] = (
            cachetools.LRUCache(size, size_of)
            if seconds is None or monotonic is None
            else cachetools.TTLCache(size, seconds, monotonic)
        )

    def get(self, key: Key) -> Value | None:
        with self._lock:
            return self._entries.get(key)

    def put(self, key: Key, value: Value) -> None:
        with self._lock:
            if self._entries.getsizeof(value) <= self._entries.maxsize:
                self._entries[key] = value

    def pop(self, key: Key) -> None:
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    @property
    def used(self) -> float:
        with self._lock:
            return self._entries.currsize

    def grow(self, size: int) -> None:
        """Never fewer. Not for entries that expire or have sizes."""
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
