"""The cache of verdicts: nothing is compared twice, also by threads at the same moment, and it stays small."""

from __future__ import annotations

import threading

import pytest

from app.guesses.verdict import HashingNeeded, VerdictCache
from tests.support.world import SECRET, at_once

HASH, OTHER, SIGNATURE = "$2b$04$one", "$2b$04$other", "near1…"


def never() -> bool:
    raise AssertionError("this is known already")


def test_what_was_compared_is_not_compared_again() -> None:
    cache = VerdictCache(SECRET)
    assert not cache.fits(HASH, "hen", lambda: False)
    assert not cache.fits(HASH, "hen", never)
    assert cache.is_near(SIGNATURE, "owk", lambda: True)
    assert cache.is_near(SIGNATURE, "owk", never)


def test_once_the_right_guess_is_known_all_others_are_wrong() -> None:
    cache = VerdictCache(SECRET)
    assert cache.fits(HASH, "owl", lambda: True)
    assert cache.fits(HASH, "owl", never)
    assert not cache.fits(HASH, "crow", never)
    assert [cache.is_known_to_fit(HASH, word) for word in ("owl", "crow")] == [True, False]
    assert not cache.is_known_to_fit(OTHER, "owl")


def test_several_guesses_may_be_near_one_answer() -> None:
    cache = VerdictCache(SECRET)
    assert cache.is_near(SIGNATURE, "owk", lambda: True)
    assert cache.is_near(SIGNATURE, "ow", lambda: True)
    assert not cache.is_near(SIGNATURE, "hen", lambda: False)


def test_without_a_comparison_an_unknown_result_is_an_error() -> None:
    cache = VerdictCache(SECRET)
    with pytest.raises(HashingNeeded):
        cache.fits(HASH, "hen", None)
    with pytest.raises(HashingNeeded):
        cache.is_near(SIGNATURE, "hen", None)


def test_a_comparison_that_failed_is_not_kept() -> None:
    cache = VerdictCache(SECRET)
    with pytest.raises(ZeroDivisionError):
        cache.fits(HASH, "owl", lambda: bool(1 // 0))
    assert cache.fits(HASH, "owl", lambda: True)


def test_threads_that_ask_the_same_at_once_compare_once() -> None:
    cache, compared, gate = VerdictCache(SECRET), [], threading.Event()

    def compare() -> bool:
        compared.append(1)
        gate.wait(0.2)
        return False

    assert at_once([lambda: cache.fits(HASH, "hen", compare)] * 10) == [False] * 10
    assert len(compared) == 1


def test_the_least_recently_used_result_is_dropped_first() -> None:
    cache = VerdictCache(SECRET, most_entries=2)
    for word in ("hen", "crow"):
        cache.fits(HASH, word, lambda: False)
    cache.fits(HASH, "hen", never)
    cache.fits(HASH, "rook", lambda: False)
    assert not cache.fits(HASH, "hen", never)
    with pytest.raises(HashingNeeded):
        cache.fits(HASH, "crow", None)


def test_no_guess_stands_in_the_cache_as_text() -> None:
    cache = VerdictCache(SECRET)
    cache.fits(HASH, "hen", lambda: False)
    cache.fits(HASH, "owl", lambda: True)
    kept = [*cache._compared._entries, *(cache._right._entries[one] for one in cache._right._entries)]
    assert [len(one) for one in kept] == [16] * 3
