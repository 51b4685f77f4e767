"""Single flight, with real threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.concurrency.single_flight import SingleFlight


def test_threads_that_want_the_same_result_work_it_out_once() -> None:
    flights, made, worked = SingleFlight(), {}, []

    def find(key: int) -> int:
        with flights.turn(key):
            if key not in made:
                worked.append(key)
                time.sleep(0.01)
                made[key] = key * 2
            return made[key]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(find, [1, 2] * 40)) == [2, 4] * 40
    assert sorted(worked) == [1, 2]
    assert len(flights) == 0


def test_keys_do_not_wait_for_each_other() -> None:
    flights, both_inside = SingleFlight(), threading.Barrier(2, timeout=10)

    def enter(key: str) -> None:
        with flights.turn(key):
            both_inside.wait()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(enter, "ab"))


@pytest.mark.parametrize("timeout", [0, 0.01])
def test_a_turn_that_is_not_free_in_time_is_said_to_be_not_held(timeout: float) -> None:
    flights = SingleFlight()
    with flights.turn("a") as is_first, flights.turn("a", timeout) as is_second, flights.turn("b", timeout) as is_other:
        assert (is_first, is_second, is_other) == (True, False, True)
    with flights.turn("a", timeout) as is_held:
        assert is_held
    assert len(flights) == 0


def test_after_an_error_the_next_thread_has_its_turn() -> None:
    flights = SingleFlight()
    with pytest.raises(ValueError), flights.turn("a"):
        raise ValueError
    with flights.turn("a", 0) as is_held:
        assert is_held
