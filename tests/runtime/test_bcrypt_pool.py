"""The hashing pool in plain threads: right and wrong, the two lanes, and a wait that has an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import bcrypt
import pytest

from app.errors import HashingBusy
from app.runtime import bcrypt_pool
from app.runtime.bcrypt_pool import HashingPool
from tests.support.clock import FixedClock

SECRET = b"quayside"
HASHED = bcrypt.hashpw(SECRET, bcrypt.gensalt(4))
MALFORMED = (
    b"",
    b"plain",
    b"$2b$",
    b"$2b$04$short",
    b"$2b$99$" + b"a" * 53,
    b"$1$abc$def",
    b"\xff\xfe",
    HASHED[:-1],
    b"\0",
)


class SlowBcrypt:
    """Stands for bcrypt: notes whom it serves and works until it is let go."""

    def __init__(self) -> None:
        self.served: list[bytes] = []
        self.may_end = threading.Semaphore(0)

    def checkpw(self, secret: bytes, _hashed: bytes) -> bool:
        self.served.append(secret)
        self.may_end.acquire()
        return True


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowBcrypt:
    stand_in = SlowBcrypt()
    monkeypatch.setattr(bcrypt_pool, "bcrypt", stand_in)
    return stand_in


@pytest.fixture
def threads(slow: SlowBcrypt) -> Iterator[list[threading.Thread]]:
    started: list[threading.Thread] = []
    yield started
    for _ in started:
        slow.may_end.release()
    for one in started:
        one.join(60)


def wait_for(is_so: object) -> None:
    deadline = time.monotonic() + 30
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.002)


def ask(pool: HashingPool, lane: str, secret: bytes, threads: list[threading.Thread]) -> None:
    """Let a thread ask, and wait until it is being served or queues."""
    waiting_before = pool.waiting(lane)
    served_before = len(bcrypt_pool.bcrypt.served)  # type: ignore[attr-defined]
    threads.append(threading.Thread(target=_ask, args=(pool, lane, secret)))
    threads[-1].start()
    wait_for(
        lambda: pool.waiting(lane) > waiting_before or len(bcrypt_pool.bcrypt.served) > served_before  # type: ignore[attr-defined]
    )


def _ask(pool: HashingPool, lane: str, secret: bytes) -> None:
    try:
        pool.check(lane, secret, HASHED)
    except HashingBusy:
        return


def test_a_secret_fits_its_own_hash_alone() -> None:
    pool = HashingPool()
    assert pool.check("login", SECRET, HASHED)
    assert not pool.check("login", b"Quayside", HASHED)
    assert pool.check("guess", SECRET, pool.make("guess", SECRET, 4).encode())


@pytest.mark.parametrize("hashed", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_hash_fits_nothing(hashed: bytes) -> None:
    pool = HashingPool(1)
    assert not pool.check("guess", SECRET, hashed)
    assert pool.check("guess", SECRET, HASHED), "and the pool goes on"


def test_more_than_72_bytes_never_reach_bcrypt(slow: SlowBcrypt) -> None:
    pool = HashingPool(1)
    assert not pool.check("login", b"a" * 73, HASHED)
    with pytest.raises(ValueError, match="73 bytes"):
        pool.make("login", b"a" * 73, 4)
    assert slow.served == []


def test_72_bytes_are_hashed_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = HashingPool(1)
    hashed = pool.make("login", b"a" * 72, 4).encode()
    assert pool.check("login", b"a" * 72, hashed)
    assert not pool.check("login", b"a" * 71 + b"b", hashed)


def test_no_more_than_allowed_are_worked_on_at_once(slow: SlowBcrypt, threads: list[threading.Thread]) -> None:
    pool = HashingPool(2)
    for name in (b"1", b"2", b"3", b"4"):
        ask(pool, "login", name, threads)
    assert slow.served == [b"1", b"2"]
    assert pool.waiting("login") == 2


def test_a_login_does_not_wait_behind_all_guesses(slow: SlowBcrypt, threads: list[threading.Thread]) -> None:
    pool = HashingPool(1)
    for name in (b"guess 1", b"guess 2", b"guess 3", b"guess 4"):
        ask(pool, "guess", name, threads)
    ask(pool, "login", b"login 1", threads)
    for served in range(2, 6):
        slow.may_end.release()
        wait_for(lambda served=served: len(slow.served) == served)
    assert slow.served.index(b"login 1") <= 2
    assert [name for name in slow.served if name != b"login 1"] == [b"guess 1", b"guess 2", b"guess 3", b"guess 4"]


def test_a_login_waits_behind_one_registration_at_the_most(slow: SlowBcrypt, threads: list[threading.Thread]) -> None:
    pool = HashingPool(1)
    for number in range(6):
        ask(pool, "registration", f"registration {number}".encode(), threads)
    for number in range(8):
        ask(pool, "login", f"login {number}".encode(), threads)
    for served in range(2, 15):
        slow.may_end.release()
        wait_for(lambda served=served: len(slow.served) == served)
    in_order = [name.split()[0].decode() for name in slow.served]
    assert in_order.count("registration") == 6
    assert in_order[1:].index("registration") == 4, "four logins, then one registration"
    assert in_order[:11].count("login") == 8


def test_logins_and_guesses_go_before_an_import(slow: SlowBcrypt, threads: list[threading.Thread]) -> None:
    pool = HashingPool(1)
    for number in range(4):
        ask(pool, "import", f"import {number}".encode(), threads)
    for number in range(4):
        ask(pool, "login", f"login {number}".encode(), threads)
        ask(pool, "guess", f"guess {number}".encode(), threads)
    for served in range(2, 13):
        slow.may_end.release()
        wait_for(lambda served=served: len(slow.served) == served)
    in_order = [name.split()[0].decode() for name in slow.served]
    assert in_order[:10].count("import") <= 2, "the one that had begun, and one of a round"
    assert in_order[-2:] == ["import", "import"]


def test_a_lane_full_of_registrations_refuses_no_login(slow: SlowBcrypt, threads: list[threading.Thread]) -> None:
    clock = FixedClock()
    pool = HashingPool(1, longest_queue=100, clock=clock, patience_seconds=10)
    ask(pool, "login", b"first", threads)
    clock.advance(1)
    slow.may_end.release()
    wait_for(lambda: pool._free == 1)
    ask(pool, "registration", b"registration", threads)
    clock.advance(1)
    slow.may_end.release()
    wait_for(lambda: pool._free == 1)
    for number in range(11):
        ask(pool, "registration", f"registration {number}".encode(), threads)
    with pytest.raises(HashingBusy):
        pool.expect_room("registration")
    for number in range(7):
        pool.expect_room("login")
        ask(pool, "login", f"login {number}".encode(), threads)


def test_a_full_queue_refuses_at_once_and_only_its_own_lane(slow: SlowBcrypt, threads: list[threading.Thread]) -> None:
    pool = HashingPool(1, longest_queue=2, patience_seconds=40)
    for name in (b"1", b"2", b"3"):
        ask(pool, "guess", name, threads)
    started = time.monotonic()
    with pytest.raises(HashingBusy):
        pool.check("guess", b"4", HASHED)
    assert time.monotonic() - started < 20, "it has not queued, which would take all of its patience"
    ask(pool, "login", b"5", threads)
    assert pool.waiting("login") == 1


def test_whoever_waits_too_long_is_told_so_and_leaves_the_queue(
    slow: SlowBcrypt, threads: list[threading.Thread]
) -> None:
    pool = HashingPool(1, patience_seconds=0.05)
    ask(pool, "login", b"1", threads)
    with pytest.raises(HashingBusy):
        pool.check("guess", b"2", HASHED)
    assert pool.waiting("guess") == 0
    slow.may_end.release()
    wait_for(lambda: pool._free == 1)
    ask(pool, "guess", b"3", threads)
    wait_for(lambda: slow.served == [b"1", b"3"])


def test_a_hash_that_fails_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def checkpw(self, _secret: bytes, _hashed: bytes) -> bool:
            raise RuntimeError("out of order")

    pool = HashingPool(1)
    with monkeypatch.context() as patched:
        patched.setattr(bcrypt_pool, "bcrypt", Broken())
        with pytest.raises(RuntimeError):
            pool.check("login", SECRET, HASHED)
    assert pool.check("login", SECRET, HASHED)


def test_a_queue_that_takes_longer_than_anybody_waits_is_full(
    slow: SlowBcrypt, threads: list[threading.Thread]
) -> None:
    clock = FixedClock()
    pool = HashingPool(1, patience_seconds=1.0, clock=clock)
    ask(pool, "login", b"1", threads)
    ask(pool, "login", b"2", threads)
    pool.expect_room("login")  # nothing is known yet of how long a hash takes
    clock.advance(seconds=0.6)
    slow.may_end.release()
    wait_for(lambda: slow.served == [b"1", b"2"])
    ask(pool, "login", b"3", threads)
    with pytest.raises(HashingBusy):
        pool.expect_room("login")
    with pytest.raises(HashingBusy):
        pool.check("login", b"4", HASHED)
    pool.expect_room("guess")
    assert pool.waiting("login") == 1


def test_a_crowd_is_told_to_come_again_at_many_different_moments(
    slow: SlowBcrypt, threads: list[threading.Thread]
) -> None:
    clock = FixedClock()
    pool = HashingPool(1, patience_seconds=0.1, clock=clock)
    ask(pool, "login", b"1", threads)
    clock.advance(seconds=0.25)
    slow.may_end.release()
    wait_for(lambda: pool._free == 1)
    ask(pool, "login", b"2", threads)
    told = [busy_seconds(pool) for _ in range(300)]
    # Four hashes a second: four come back each second, one after the other, but for those who would wait for too long.
    assert told[:200] == sorted(told[:200])
    assert 2 <= told[0] <= 5
    assert all(3 <= told[:200].count(second) <= 5 for second in range(7, 50))
    assert max(told) <= 60
    assert len(set(told[-50:])) > 10
    clock.advance(seconds=61)
    assert busy_seconds(pool) <= 5, "the appointments are over"


def busy_seconds(pool: HashingPool) -> int:
    with pytest.raises(HashingBusy) as refused:
        pool.check("login", b"one of many", HASHED)
    return refused.value.retry_after
