"""How long the collector may stop a process, and that little is left for it to find."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from app.runtime import gc_tuning
from app.runtime.gc_tuning import Memory
from tests.support.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def settled(clock: FixedClock) -> Iterator[Memory]:
    """A memory that watches this very process; afterwards the collector is as it was."""
    thresholds = gc.get_threshold()
    one = Memory(clock)
    one.settle()
    yield one
    gc.callbacks.remove(one._time)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


class Ring:
    """Holds itself."""

    def __init__(self) -> None:
        self.itself = self


def rings() -> int:
    return sum(isinstance(one, Ring) for one in gc.get_objects())


def put(generation: int, count: int) -> None:
    """Rings that nobody else holds, in this generation of the collector's."""
    made = [Ring() for _ in range(count)]
    for younger in range(generation):
        gc.collect(younger)
    made.clear()


def let_pass(one: Memory, ticks: int, connections: int = 1_000) -> None:
    for _ in range(ticks):
        one.tick(connections)


@pytest.mark.parametrize(
    ("generation", "ticks"), [(0, 1), (1, gc_tuning.TICKS_A_SECOND), (2, gc_tuning.TICKS_A_MINUTE)]
)
def test_garbage_of_every_age_is_found_in_its_time(settled: Memory, generation: int, ticks: int) -> None:
    put(generation, 10)
    let_pass(settled, ticks - 1)
    assert rings() == 10
    let_pass(settled, 1)
    assert rings() == 0


def test_what_lives_is_put_aside_once_a_minute(settled: Memory) -> None:
    kept, before = [Ring()], gc.get_freeze_count()
    let_pass(settled, gc_tuning.TICKS_A_MINUTE - 1)
    assert (rings(), gc.get_freeze_count()) == (1, before)
    let_pass(settled, 1)
    assert rings() == 0, "out of sight"
    assert gc.get_freeze_count() > before
    assert kept[0].itself is kept[0]


@pytest.mark.parametrize(("generation", "ticks"), [(1, gc_tuning.TICKS_A_SECOND), (2, gc_tuning.TICKS_A_MINUTE)])
def test_what_is_too_much_for_a_short_pause_is_put_aside_unseen(
    settled: Memory, monkeypatch: pytest.MonkeyPatch, generation: int, ticks: int
) -> None:
    let_pass(settled, ticks - 1)
    put(generation, 10)
    monkeypatch.setattr(gc_tuning, "MOST_AT_ONCE", 5)
    seen: list[int] = []
    gc.callbacks.append(lambda phase, what: seen.append(what["generation"]))
    let_pass(settled, 1)
    gc.callbacks.pop()
    assert generation not in seen
    assert rings() == 0, "out of sight"


@pytest.mark.parametrize(("connections", "left"), [(gc_tuning.FEW_CONNECTIONS + 1, 10), (gc_tuning.FEW_CONNECTIONS, 0)])
def test_circles_among_what_was_put_aside_wait_until_few_are_connected(
    settled: Memory, monkeypatch: pytest.MonkeyPatch, connections: int, left: int
) -> None:
    monkeypatch.setattr(gc_tuning, "WORTH_A_LOOK", 5)
    made = [Ring() for _ in range(10)]
    gc.freeze()
    made.clear()
    let_pass(settled, gc_tuning.TICKS_A_MINUTE, connections)
    gc.unfreeze()
    assert rings() == left


def test_the_longest_pause_is_told(settled: Memory, clock: FixedClock) -> None:
    for seconds in (0.25, 0.125):
        settled._time("start", {})
        clock.advance(seconds=seconds)
        settled._time("stop", {})
    assert settled.longest_pause == 0.25
