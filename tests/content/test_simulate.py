from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.content.simulate import dry_run
from app.core.model import Content, Division, Level, Puzzle

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SOLO, DUO = Division("solo", "Solo", final_puzzle_id="c"), Division("duo", "Duo", final_puzzle_id="c")


def puzzle(name: str, level: str = "l1", **more: object) -> Puzzle:
    return Puzzle(id=name, key=name, title=name.upper(), level_id=level, **more)  # type: ignore[arg-type]


def hunt(
    *puzzles: Puzzle, levels: tuple[Level, ...] = (Level("l1", "l1", "L1"),), divisions: tuple[Division, ...] = (SOLO,)
) -> Content:
    return Content(version=1, levels=levels, puzzles=puzzles, divisions=divisions)


def test_the_bot_solves_round_by_round_to_the_end() -> None:
    content = hunt(puzzle("a"), puzzle("b", prereq=("a",)), puzzle("c", prereq=("a", "b")))
    (walk,) = dry_run(content, NOW).walks
    assert [(one.puzzle.id, one.step) for one in walk.openings] == [("a", 1), ("b", 2), ("c", 3)]
    assert walk.is_finished
    assert not dry_run(content, NOW).has_dead_ends


def test_the_bot_sleeps_until_the_clock_opens_something() -> None:
    late = NOW + timedelta(days=2)
    levels = (Level("l1", "l1", "L1"), Level("l2", "l2", "L2", unlock_at=late, prereq=("a",)))
    (walk,) = dry_run(hunt(puzzle("a"), puzzle("c", "l2"), levels=levels), NOW).walks
    assert [(one.puzzle.id, one.at, one.is_timed) for one in walk.openings] == [("a", NOW, False), ("c", late, True)]


def test_a_dead_end_is_told_with_its_reason() -> None:
    content = hunt(puzzle("a", is_unlocked=False), puzzle("b", prereq=("a",)), puzzle("c", prereq=("b",)))
    (walk,) = dry_run(content, NOW).walks
    assert [(end.puzzle.id, end.reason) for end in walk.dead_ends] == [
        ("a", "it is not marked Unlocked"),
        ("b", "“A” is closed to the division Solo"),
        ("c", "“B” is closed to the division Solo"),
    ]
    assert not walk.is_finished
    assert dry_run(content, NOW).has_dead_ends


def test_a_level_whose_box_is_off_is_the_reason() -> None:
    (walk,) = dry_run(hunt(puzzle("c"), levels=(Level("l1", "l1", "L1", is_unlocked=False),)), NOW).walks
    assert walk.dead_ends[0].reason == "its level “L1” is not marked Unlocked"


def test_each_division_walks_for_itself() -> None:
    content = hunt(puzzle("a", divisions=("solo",)), puzzle("c", prereq=("a",)), divisions=(SOLO, DUO))
    solo, duo = dry_run(content, NOW).walks
    assert solo.is_finished
    assert [(end.puzzle.id, end.reason) for end in duo.dead_ends] == [("c", "“A” is closed to the division Duo")]


def test_a_puzzle_of_other_divisions_is_no_dead_end() -> None:
    content = hunt(puzzle("a", divisions=("duo",)), puzzle("c"))
    assert not dry_run(content, NOW).has_dead_ends


def test_with_an_anchor_its_level_comes_first() -> None:
    levels = (Level("l1", "l1", "L1"), Level("l2", "l2", "L2"))
    content = hunt(puzzle("a"), puzzle("c", "l2"), levels=levels)
    (walk,) = dry_run(content, NOW, anchor="c").walks
    assert [one.puzzle.id for one in walk.openings] == ["c", "a"]


def test_an_anchor_that_never_opens_is_the_reason_for_all() -> None:
    levels = (Level("l1", "l1", "L1"), Level("l2", "l2", "L2", is_unlocked=False))
    (walk,) = dry_run(hunt(puzzle("a"), puzzle("c", "l2"), levels=levels), NOW, anchor="c").walks
    assert walk.dead_ends[0].reason == "the anchor puzzle never opens"
