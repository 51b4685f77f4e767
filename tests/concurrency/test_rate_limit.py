"""The token bucket and the limit per key, by tables of moments."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.concurrency.rate_limit import MOST_KEYS, RateLimit, TokenBucket


@pytest.mark.parametrize(
    ("acts", "taken"),
    [
        ([(0, 1), (0, 1), (0, 1)], [True, True, False]),
        ([(0, 2), (9.9, 1), (10, 1), (10, 1)], [True, False, True, False]),
        ([(0, 2), (1_000, 2), (1_000, 1)], [True, True, False]),
        # A clock that goes back gives nothing and takes nothing.
        ([(100, 1), (50, 1), (50, 1)], [True, True, False]),
        ([(0, 2.5)], [False]),
    ],
)
def test_a_bucket_gives_what_it_holds(acts: list[tuple[float, float]], taken: list[bool]) -> None:
    bucket = TokenBucket(2, 0.1, acts[0][0])
    assert [bucket.take(cost, now) for now, cost in acts] == taken


def test_a_bucket_says_how_long_to_wait() -> None:
    bucket = TokenBucket(2, 0.1, 0)
    assert bucket.seconds_until(2, 0) == 0
    bucket.take(2, 0)
    assert bucket.seconds_until(1, 0) == 10
    assert bucket.seconds_until(1, 4) == pytest.approx(6)


def test_a_debt_is_repaid_with_time() -> None:
    bucket = TokenBucket(10, 2, 0)
    assert bucket.charge(10, 0) == 0
    assert bucket.charge(6, 0) == 3
    assert bucket.charge(2, 1) == 3
    assert bucket.charge(0, 4) == 0


def test_a_limit_grows_back_and_forgets_the_longest_unseen() -> None:
    limit = RateLimit(2, 60)
    for _ in range(2):
        assert limit.seconds_to_wait("a", 0) == 0
        limit.use("a", 0)
    assert limit.seconds_to_wait("a", 0) == 30
    assert limit.seconds_to_wait("a", 29.5) == 1
    assert limit.seconds_to_wait("a", 30) == 0
    assert limit.seconds_to_wait("b", 0) == 0
    for number in range(MOST_KEYS):
        limit.use(f"other {number}", 0)
    assert limit.seconds_to_wait("a", 0) == 0
    assert not limit.knows("a")


def test_threads_never_get_more_than_there_is() -> None:
    limit = RateLimit(1_000, 1_000)

    def use(_number: int) -> None:
        for _ in range(100):
            limit.use("a", 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    for _ in range(199):
        limit.use("a", 0)
    assert limit.seconds_to_wait("a", 0) == 0
    limit.use("a", 0)
    assert limit.seconds_to_wait("a", 0) == 1
