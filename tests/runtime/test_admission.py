"""Who is let in, in which order, and who is refused; by a clock that the test moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.runtime import admission, bcrypt_pool
from app.runtime.admission import MEMBER, MOVE, VISITOR, Admission, outside
from app.runtime.bcrypt_pool import HashingPool
from tests.support.clock import FixedClock


class Crowd:
    """Requests in threads of their own, which work until they are let go."""

    def __init__(self, gate: Admission) -> None:
        self.gate = gate
        self.began: list[str] = []
        self.refused: list[str] = []
        self.threads: list[threading.Thread] = []
        self.go: dict[str, threading.Event] = {}

    def send(self, name: str, lane: str) -> None:
        """Send a request, and wait until it works, waits or is refused."""
        self.go[name] = threading.Event()
        before = len(self.began) + len(self.refused) + self.gate.waiting()
        thread = threading.Thread(target=self._run, args=(name, lane))
        thread.start()
        self.threads.append(thread)
        until(lambda: len(self.began) + len(self.refused) + self.gate.waiting() > before)

    def _run(self, name: str, lane: str) -> None:
        with self.gate.place(lane) as is_admitted:
            (self.began if is_admitted else self.refused).append(name)
            if is_admitted:
                self.go[name].wait(60)

    def finish(self, name: str) -> None:
        began = len(self.began)
        waiting = self.gate.waiting()
        self.go[name].set()
        if waiting:
            until(lambda: len(self.began) > began)

    def end(self) -> None:
        for one in self.go.values():
            one.set()
        for thread in self.threads:
            thread.join(60)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is refused by the real clock before a test is over."""
    for name in ("PATIENCE_SECONDS", "SHORT_PATIENCE_SECONDS", "MOVE_PATIENCE_SECONDS"):
        monkeypatch.setattr(admission, name, 90.0)


@contextmanager
def crowd(places: int, clock: FixedClock) -> Iterator[Crowd]:
    one = Crowd(Admission(places, clock=clock))
    try:
        yield one
    finally:
        one.end()


def test_so_many_work_at_once_and_the_others_wait(clock: FixedClock) -> None:
    with crowd(2, clock) as people:
        for name in "abc":
            people.send(name, MEMBER)
        assert (people.began, people.gate.waiting()) == (["a", "b"], 1)
        people.finish("a")
        assert people.began == ["a", "b", "c"]


def test_moves_go_before_pages_and_members_before_visitors(clock: FixedClock) -> None:
    with crowd(1, clock) as people:
        people.send("first", VISITOR)
        for name, lane in (("visitor", VISITOR), ("member", MEMBER), ("move", MOVE), ("other member", MEMBER)):
            people.send(name, lane)
        for name in ("first", "move", "member", "other member"):
            people.finish(name)
        assert people.began == ["first", "move", "member", "other member", "visitor"]


def test_a_full_queue_refuses_at_once(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MOST_WAITING", 2)
    with crowd(1, clock) as people:
        for number in range(4):
            people.send(f"page {number}", MEMBER)
        people.send("move", MOVE)
        assert people.refused == ["page 3"]
        people.finish("page 0")
        assert people.began == ["page 0", "move"]


def test_who_has_waited_too_long_is_refused(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "PATIENCE_SECONDS", 0.01)
    with crowd(1, clock) as people:
        people.send("works", MEMBER)
        people.send("waits", MEMBER)
        until(lambda: people.refused == ["waits"])
        assert people.gate.waiting() == 0


def overload(people: Crowd, clock: FixedClock) -> None:
    """Everybody waits for longer than a moment, for longer than the interval."""
    people.send("start", MEMBER)
    current = "start"
    for number in range(3):
        people.send(f"slow {number}", MEMBER)
        clock.advance(0.7)
        people.finish(current)
        current = f"slow {number}"
    people.finish(current)
    people.go.pop(current, None)


def test_a_queue_that_stays_slow_is_overload_and_who_waits_in_it_is_refused(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By the clock that stands still: all have waited for longer, and would go on for a minute and a half.
    monkeypatch.setattr(admission, "SHORT_PATIENCE_SECONDS", 1.0)
    with crowd(1, clock) as people:
        people.send("start", MEMBER)
        for number in range(6):
            people.send(f"page {number}", MEMBER)
        clock.advance(0.2)
        people.finish("start")
        clock.advance(1.1)
        people.finish("page 0")
        until(lambda: len(people.refused) == 4)
        assert people.began == ["start", "page 0", "page 1"]


def test_in_overload_pages_wait_for_a_moment_only_and_moves_as_before(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crowd(1, clock) as people:
        overload(people, clock)
        until(lambda: people.gate.working() == 0)
        people.send("works", MEMBER)
        monkeypatch.setattr(admission, "SHORT_PATIENCE_SECONDS", 0.01)
        people.send("page", MEMBER)
        people.send("move", MOVE)
        until(lambda: people.refused == ["page"])
        people.finish("works")
        assert people.began[-1] == "move"


def test_overload_ends_when_all_have_been_quick_for_an_interval(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crowd(1, clock) as people:
        overload(people, clock)
        for number in range(3):
            people.send(f"quick {number}", MEMBER)
            people.go[f"quick {number}"].set()
            until(lambda: people.gate.working() == 0)
            clock.advance(0.6)
        monkeypatch.setattr(admission, "SHORT_PATIENCE_SECONDS", 0.0)
        people.send("works", MEMBER)
        people.send("page", MEMBER)
        people.finish("works")
        assert people.began[-1] == "page"


def test_a_request_that_waits_for_something_else_gives_its_place_away(clock: FixedClock) -> None:
    gate = Admission(1, clock=clock)
    with gate.place(MOVE) as is_admitted:
        assert is_admitted
        with outside():
            with outside(), gate.place(MEMBER) as other:
                assert other
            assert gate.working() == 0
        assert gate.working() == 1
    assert gate.working() == 0
    with gate.place(MEMBER), outside():
        pass
    assert gate.working() == 0


def test_a_place_that_is_held_for_too_long_is_taken_back(clock: FixedClock) -> None:
    gate = Admission(1, clock=clock)
    with gate.place(MEMBER):
        clock.advance(2.1)
        gate.take_back()
        with gate.place(MEMBER) as other:
            assert other
        with outside():
            assert gate.working() == 0
    with gate.place(MEMBER) as again:
        assert again
    assert gate.working() == 0


def test_a_request_that_ends_while_it_waits_leaves_the_queue(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Admission(1, clock=clock)

    def killed(_event: threading.Event, _seconds: float) -> bool:
        raise KeyboardInterrupt

    with gate.place(MEMBER):
        monkeypatch.setattr(threading.Event, "wait", killed)
        with pytest.raises(KeyboardInterrupt), gate.place(MEMBER):
            pass
        assert gate.waiting() == 0


def test_a_request_that_waits_for_its_hash_holds_no_place(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, hasher, working = Admission(1, clock=clock), HashingPool(1), []
    hasher.aside = outside

    def checked(_secret: bytes, _hashed: bytes) -> bool:
        working.append(gate.working())
        return True

    monkeypatch.setattr(bcrypt_pool.bcrypt, "checkpw", checked)
    with gate.place(MOVE):
        assert hasher.check("guess", b"owl", b"a hash")
        assert gate.working() == 1
    assert working == [0]
