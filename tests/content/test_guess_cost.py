"""A wrong guess may not work for longer than a second: neither by one hash nor by many. No clock is read here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.content import hash_speed
from app.content.parse import checks
from app.content.parse.parser import Seams
from app.errors import HashingBusy
from app.ports import Ports
from tests.support.clock import FixedClock
from tests.support.records import HASH, faults, parsed
from tests.support.small_hunt import ports_on

# A machine that takes 60 ms at cost 10.
SEAMS = Seams(step_seconds=lambda: 0.06 / 2**10)
SIGNS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def hashes(count: int, cost: int = 10, first: int = 0) -> str:
    """So many different hashes, one a line; what they are of is no matter."""
    stem = HASH[:-2].replace("$10$", f"${cost:02}$")
    return "\n".join(f"{stem}{SIGNS[number // 64]}{SIGNS[number % 64]}" for number in range(first, first + count))


def refused(**cells: Any) -> list[tuple[str, str, str]]:
    found = faults({"Puzzles": {"recP1": cells}}, seams=SEAMS)
    return [(one.record_id, one.field, one.message) for one in found]


@pytest.mark.parametrize(
    ("cells", "field", "words"),
    [
        ({"Solution": hashes(1, 17)}, "Solution", "1 hash for 7.7 s"),
        ({"Solution": [hashes(1, 17)]}, "Solution", "1 hash for 7.7 s"),
        ({"Solution": hashes(1, 15)}, "Solution", "1 hash for 1.9 s"),
        ({"Solution": hashes(50, 14)}, "Solution", "50 hashes for 48.0 s"),
        ({"Solution": hashes(17)}, "Solution", "17 hashes for 1.0 s"),
        ({"Close2": hashes(1, 17, 9), "Close2Hint": "!"}, "Close2", "2 hashes (others are in Solution) for 7.7 s"),
        ({f"Close{n}": hashes(4, 10, n * 9) for n in range(1, 6)}, "Close1", "21 hashes (others are in Solution, Cl"),
    ],
)  # fmt: skip
def test_what_takes_more_than_a_second_is_refused_with_record_and_field(
    cells: dict[str, Any], field: str, words: str
) -> None:
    ((record, named, message),) = refused(**cells)
    assert (record, named) == ("recP1", field)
    assert f"A wrong guess is compared with {words}" in message
    assert "the most is 1 s" in message


def test_what_takes_more_than_three_tenths_is_warned_of_and_less_is_not() -> None:
    def told(count: int) -> list[str]:
        warnings = parsed({"Puzzles": {"recP1": {"Solution": hashes(count)}}}, seams=SEAMS).warnings
        return [str(one) for one in warnings]

    assert told(4) == []
    (said,) = told(6)
    assert "“One” (recP1) › Solution: A wrong guess is compared with 6 hashes for 0.4 s" in said


def test_the_same_hash_is_compared_once() -> None:
    cells = {"Solution": "\n".join([hashes(10)] * 3), "Close1": hashes(10), "Close1Hint": "!"}
    assert refused(**cells) == []


def test_a_faster_machine_takes_more_but_none_is_believed_to_take_no_time() -> None:
    def refused_at(seconds: float, text: str) -> bool:
        seams = Seams(step_seconds=lambda: seconds / 2**10)
        return bool(faults({"Puzzles": {"recP1": {"Solution": text}}}, seams=seams))

    assert (refused_at(0.06, hashes(20)), refused_at(0.03, hashes(20))) == (True, False)
    assert refused_at(0.0, hashes(1, 17))


def test_a_slower_machine_is_warned_of_and_plays_what_others_play() -> None:
    seams = Seams(step_seconds=lambda: 0.6 / 2**10)
    found = parsed({"Puzzles": {"recP1": {"Solution": hashes(4)}}}, seams=seams)
    (said,) = (one.message for one in found.warnings if one.record_id == "recP1")
    assert "4 hashes for 2.4 s on this machine. Above 0.3 s" in said
    assert faults({"Puzzles": {"recP1": {"Solution": hashes(17)}}}, seams=seams)


# --- the measure -----------------------------------------------------------------------------------------------------


class SlowHasher:
    """Takes a while by the clock of the test."""

    def __init__(self, clock: FixedClock, *seconds: float) -> None:
        self.clock, self.seconds, self.costs = clock, list(seconds), list[int]()

    def make(self, lane: str, secret: bytes, cost: int) -> str:
        if not self.seconds:
            raise HashingBusy
        self.costs.append(cost)
        self.clock.advance(self.seconds.pop(0))
        return ""


@pytest.fixture
def ports(sqlite_database: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ports]:
    monkeypatch.setattr(hash_speed, "_measured", [])
    with ports_on(sqlite_database, clock) as found:
        yield found


def test_the_machine_is_measured_once_by_the_shortest_of_several_runs(ports: Ports, clock: FixedClock) -> None:
    hasher = SlowHasher(clock, 0.05, 0.004, 0.03, 0.02, 0.009)
    measured = replace(ports, hasher=hasher)  # type: ignore[arg-type]
    assert hash_speed.step_seconds(measured.clock, measured.hasher) == pytest.approx(0.004 / 2**6)
    assert hash_speed.step_seconds(measured.clock, measured.hasher) == pytest.approx(0.004 / 2**6)
    assert hasher.costs == [6] * 5


def test_a_busy_machine_is_taken_for_a_usual_one_and_measured_later(ports: Ports, clock: FixedClock) -> None:
    busy = replace(ports, hasher=SlowHasher(clock))  # type: ignore[arg-type]
    assert hash_speed.step_seconds(busy.clock, busy.hasher) == checks.USUAL_STEP_SECONDS
    later = replace(ports, hasher=SlowHasher(clock, *[0.01] * 5))  # type: ignore[arg-type]
    assert hash_speed.step_seconds(later.clock, later.hasher) == pytest.approx(0.01 / 2**6)
