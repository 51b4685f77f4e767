"""``hunt dry-run --timeline``, as a writer reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.core.model import Content, Division, Level, Puzzle
from tests.support.accounts import in_play, set_now
from tests.support.clock import NOON, FixedClock
from tests.support.hunts import begin, hunt


def small(ports: object, **more: object) -> None:
    levels = (
        Level("l1", "quay", "The Quay"),
        Level("l2", "lamp", "The Lamp Room", 2, unlock_at=NOON + timedelta(hours=9)),
    )
    puzzles = (
        Puzzle("a", "a", "A Card", "l1", 1),
        Puzzle("b", "b", "Of the other division", "l1", 2, divisions=("solo",)),
        Puzzle("c", "c", "A very long title, longer than any column that a terminal has room for", "l2", **more),  # type: ignore[arg-type]
    )
    ports.in_force.put(Content(1, levels, puzzles, (Division("open", "Open", final_puzzle_id="c"),)))  # type: ignore[attr-defined]


def test_it_draws_when_each_pace_opens_what_and_who_waits(app: Flask) -> None:
    small(in_play(app))
    drawn = hunt(app, "dry-run", "--timeline", "--minutes", "60,60,600").split("\n\n")[1].splitlines()
    assert drawn[0].startswith(f"Open (open), from {NOON:%Y-%m-%d} 12:00 UTC to ")
    rows = {line[:36].strip(): line[36:66].split() for line in drawn[1:6]}
    assert rows["opens after"] == ["quick", "median", "slow"]
    assert rows["The Quay"] == rows["A Card"] == ["0:00"] * 3
    assert rows["The Lamp Room"] == ["9:00"] * 3
    assert "Of the other division" not in "\n".join(drawn)
    assert all(len(line) == len(drawn[1]) for line in drawn[1:6])
    idle = [line for line in drawn if line.startswith("    idle from ")]
    assert len(idle) == 3, drawn
    assert all(
        " to 9:00, for " in line
        and line.endswith("until “A very long title, longer than any column that a terminal has room for” opened")
        for line in idle
    )


def test_what_is_not_opened_before_the_end_is_never_opened(app: Flask) -> None:
    ports = in_play(app)
    small(ports)
    set_now(ports, starts_at=f"{NOON:%Y-%m-%dT%H:%MZ}", ends_at=f"{NOON + timedelta(hours=5):%Y-%m-%dT%H:%MZ}")
    drawn = hunt(app, "dry-run", "--timeline")
    assert "  The Lamp Room" in drawn
    assert drawn.count("never") == 6
    assert "to the end of the hunt" in drawn
    assert "not finished in time" in drawn


def test_without_it_the_dry_run_says_what_it_always_said(app: Flask, clock: FixedClock) -> None:
    begin(app, clock)
    plain, drawn = hunt(app, "dry-run"), hunt(app, "dry-run", "--timeline")
    assert drawn.startswith(plain)
    assert "|" not in plain


def test_the_same_seed_draws_the_same_and_another_another(app: Flask, clock: FixedClock) -> None:
    begin(app, clock)
    first, again, other = (hunt(app, "dry-run", "--timeline", "--seed", seed) for seed in ("7", "7", "8"))
    assert first == again
    assert first != other


def test_a_dead_end_still_ends_with_1(app: Flask) -> None:
    small(in_play(app), is_unlocked=False)
    assert "never reached" in hunt(app, "dry-run", "--timeline", code=1)


@pytest.mark.parametrize(
    "minutes", ["", "20", "3,2,1", "a,b,c", "0,1,2", "nan,nan,nan", "1,2,inf", "1,2,3,4", "1,2,99999"]
)
def test_minutes_that_cannot_be_are_refused_in_a_sentence(app: Flask, minutes: str) -> None:
    assert "give three numbers of minutes" in hunt(app, "dry-run", "--timeline", "--minutes", minutes, code=2)
