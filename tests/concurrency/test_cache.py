"""The bounded cache: what goes first, what expires, and what several threads may do to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app.concurrency.cache import Cache


def test_the_least_recently_used_entry_goes_first() -> None:
    cache: Cache[str, int] = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    assert len(cache) == 2


def test_an_entry_can_be_removed_twice() -> None:
    cache: Cache[str, int] = Cache(2)
    cache.put("a", 1)
    cache.pop("a")
    cache.pop("a")
    assert "a" not in cache


def test_an_entry_expires_however_often_it_is_read() -> None:
    now = 0.0
    cache: Cache[str, int] = Cache(2, 60, lambda: now)
    cache.put("a", 1)
    now = 59.9
    assert cache.get("a") == 1
    now = 60.0
    assert cache.get("a") is None


def test_threads_share_it() -> None:
    cache: Cache[int, int] = Cache(50)

    def use(number: int) -> None:
        for key in range(number % 7, 2_000):
            cache.put(key % 97, key)
            cache.get((key + number) % 97)
            cache.pop(key % 13)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(16)))
    assert len(cache) <= 50
