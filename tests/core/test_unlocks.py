"""What a team may see, since when, and what opens next."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import Content, Level, Progress, Puzzle
from tests.support import game_view

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def hours(count):
    return NOON + timedelta(hours=count)


def level(id, order=1, **fields):
    return Level(id=id, key=fields.pop("key", f"{id}-slug"), title=id.upper(), order=order, **fields)


def puzzle(id, level_id="one", **fields):
    return Puzzle(id=id, key=fields.pop("key", f"{id}-slug"), title=id.upper(), level_id=level_id, **fields)


def hunt(levels, puzzles, **fields):
    return Content(version=1, levels=tuple(levels), puzzles=tuple(puzzles), divisions=(), **fields)


def small(*puzzles, level_fields=None, **fields):
    """A hunt of a first level with a, b, c and a second level with x."""
    levels = [level("one"), level("two", 2, **(level_fields or {}))]
    return hunt(levels, [puzzle("a"), puzzle("b"), puzzle("c"), puzzle("x", "two"), *puzzles], **fields)


def team(division="open", **fields):
    return Progress(division=division, base=fields.pop("base", NOON), **fields)


def sees(content, progress, now=NOON, anchor=None):
    return set(game_view.open_puzzles(content, progress, now, anchor))


def solved(*ids, **at):
    return {"solved": {**{found: hours(1) for found in ids}, **{key: hours(value) for key, value in at.items()}}}


def test_without_conditions_everything_is_open():
    assert sees(small(), team()) == {"a", "b", "c", "x"}


@pytest.mark.parametrize(
    ("count", "passed", "is_open"),
    [
        (None, "ab", False),
        (None, "abc", True),
        (2, "a", False),
        (2, "ab", True),
        (2, "bc", True),
        (0, "", True),
        (-3, "", True),
        (99, "ab", False),
        (99, "abc", True),
        (1, "x", False),
    ],
)
def test_a_level_opens_when_enough_of_its_prerequisites_are_passed(count, passed, is_open):
    content = small(level_fields={"prereq": ("a", "b", "c"), "prereq_count": count})
    assert ("x" in sees(content, team(**solved(*passed)))) is is_open


def test_a_skipped_puzzle_counts_as_passed():
    content = small(level_fields={"prereq": ("a", "b")})
    assert "x" in sees(content, team(solved={"a": NOON}, skipped={"b": NOON}))


def test_a_level_whose_box_is_off_stays_closed():
    assert sees(small(level_fields={"is_unlocked": False}), team()) == {"a", "b", "c"}


def test_a_level_opens_at_its_time_and_not_a_moment_before():
    content = small(level_fields={"unlock_at": hours(1)})
    assert "x" not in sees(content, team(), hours(1) - timedelta(microseconds=1))
    assert "x" in sees(content, team(), hours(1))


def test_time_alone_does_not_open_a_level_with_prerequisites():
    content = small(level_fields={"unlock_at": hours(1), "prereq": ("a",)})
    assert "x" not in sees(content, team(), hours(2))
    assert "x" not in sees(content, team(**solved("a")), NOON)
    assert "x" in sees(content, team(**solved("a")), hours(1))


@pytest.mark.parametrize(
    ("fields", "is_open"),
    [
        ({}, True),
        ({"is_unlocked": False}, False),
        ({"unlock_at": hours(1)}, False),
        ({"unlock_at": NOON}, True),
        ({"prereq": ("a",)}, True),
        ({"prereq": ("a", "b")}, False),
        ({"prereq": ("d",)}, False),
        ({"divisions": ("open", "school")}, True),
        ({"divisions": ("school",)}, False),
        ({"level_id": "two"}, False),
        ({"level_id": "nowhere"}, False),
    ],
)
def test_a_puzzle_has_conditions_of_its_own(fields, is_open):
    content = small(puzzle("d", **{"level_id": "one", **fields}), level_fields={"is_unlocked": False})
    progress = team(**solved("a"))
    assert ("d" in sees(content, progress)) is is_open
    assert game_view.is_puzzle_open(content, content.puzzle("d"), progress, NOON) is is_open


def test_a_prerequisite_that_is_gone_never_blocks():
    content = small(puzzle("d", prereq=("gone", "a")), level_fields={"prereq": ("gone", "a"), "prereq_count": 2})
    assert {"d", "x"} <= sees(content, team(**solved("a")))
    assert not {"d", "x"} & sees(content, team())


def test_a_prerequisite_named_twice_counts_once():
    content = small(level_fields={"prereq": ("a", "a", "b"), "prereq_count": 2})
    assert "x" not in sees(content, team(**solved("a")))


@pytest.mark.parametrize("anchor", ["x", "x-slug"])
def test_while_the_anchor_is_unsolved_only_its_level_is_open(anchor):
    content = small(puzzle("y", "two"))
    assert sees(content, team(), anchor=anchor) == {"x", "y"}
    assert game_view.open_levels(content, team(), NOON, anchor) == {"two"}
    assert sees(content, team(**solved("x")), anchor=anchor) == {"a", "b", "c", "x", "y"}


def test_the_anchors_level_keeps_its_own_conditions():
    content = small(level_fields={"prereq": ("a",)})
    assert sees(content, team(), anchor="x") == set()


def test_the_anchor_is_lifted_by_a_solve_only():
    assert sees(small(), team(skipped={"x": NOON}), anchor="x") == {"x"}


@pytest.mark.parametrize("anchor", [None, "", "nonsense"])
def test_an_anchor_that_does_not_exist_holds_nobody_back(anchor):
    assert sees(small(), team(), anchor=anchor) == {"a", "b", "c", "x"}


def opened(content, id="x", anchor=None, **progress):
    return game_view.opened_at(content, content.puzzle(id), team(**progress), anchor)


def test_a_puzzle_without_conditions_opened_with_the_hunt():
    assert opened(small(), "a") == NOON
    assert opened(small(), "a", base=hours(3)) == hours(3)


def test_a_puzzle_added_in_the_middle_opened_when_it_was_added():
    content = small(since={"a": hours(5)})
    assert opened(content, "a") == hours(5)
    assert opened(content, "b") == NOON


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 1), (2, 4), (None, 9)])
def test_a_level_opened_when_the_last_prerequisite_it_needed_was_passed(count, expected):
    content = small(level_fields={"prereq": ("a", "b", "c"), "prereq_count": count})
    assert opened(content, **solved(a=9, b=1), skipped={"c": hours(4)}) == hours(expected)


def test_the_last_of_all_conditions_decides():
    late = small(puzzle("d", "two", prereq=("a", "b"), unlock_at=hours(3)), level_fields={"unlock_at": hours(2)})
    assert opened(late, "d", **solved(a=1, b=2)) == hours(3)
    assert opened(late, "d", **solved(a=1, b=6)) == hours(6)
    assert opened(late, "x") == hours(2)


def test_a_recorded_moment_wins():
    content = small(level_fields={"prereq": ("a",)})
    assert opened(content, **solved(a=9), unlocked={"x": hours(1)}) == hours(1)
    assert opened(content, unlocked={"x": hours(1)}) == hours(1)


def test_a_puzzle_still_locked_has_not_opened():
    assert opened(small(level_fields={"prereq": ("a",)})) is None
    assert opened(small(level_fields={"is_unlocked": False})) is None
    assert opened(small(puzzle("d", prereq=("a",))), "d") is None
    assert opened(small(puzzle("d", divisions=("school",))), "d") is None
    assert opened(small(puzzle("d", "nowhere")), "d") is None


def test_behind_the_anchor_a_puzzle_opens_when_the_anchor_is_solved():
    assert opened(small(), "a", anchor="x") is None
    assert opened(small(), "x", anchor="x") == NOON
    assert opened(small(), "a", anchor="x", **solved(x=7)) == hours(7)
    assert opened(small(), "x", anchor="x", **solved(x=7)) == NOON


def next_at(content, now=NOON, anchor=None, **progress):
    return game_view.next_opening_at(content, team(**progress), now, anchor)


def test_the_next_opening_is_the_first_that_the_clock_alone_will_bring():
    content = small(
        puzzle("d", unlock_at=hours(4)), puzzle("e", unlock_at=hours(2)), level_fields={"unlock_at": hours(3)}
    )
    assert next_at(content) == hours(2)
    assert next_at(content, hours(2)) == hours(3)
    assert next_at(content, hours(3)) == hours(4)
    assert next_at(content, hours(4)) is None


def test_a_time_that_would_open_nothing_is_not_announced():
    hidden = [
        puzzle("d", unlock_at=hours(1), prereq=("a",)),
        puzzle("e", unlock_at=hours(1), divisions=("school",)),
        puzzle("f", unlock_at=hours(1), is_unlocked=False),
        puzzle("g", "two", unlock_at=hours(1)),
        puzzle("h", "nowhere", unlock_at=hours(1)),
    ]
    content = small(*hidden, level_fields={"unlock_at": hours(2), "prereq": ("b",)})
    assert next_at(content) is None
    assert next_at(content, **solved("a")) == hours(1)
    assert next_at(content, **solved("b")) == hours(2)
    assert next_at(content, **solved("a"), anchor="c") == hours(1)
    assert next_at(content, **solved("b"), anchor="c") is None


def test_what_a_solve_opens_is_told_in_playing_order():
    content = small(puzzle("d", prereq=("a",)), level_fields={"prereq": ("a",)})
    levels, puzzles = game_view.newly_open(content, team(), team(**solved("a")), NOON)
    assert [found.id for found in levels] == ["two"]
    assert [found.id for found in puzzles] == ["d", "x"]
    assert game_view.newly_open(content, team(), team(**solved("b")), NOON) == ((), ())


def test_solving_the_anchor_opens_the_rest():
    levels, puzzles = game_view.newly_open(small(), team(), team(**solved("x")), NOON, "x")
    assert [found.id for found in levels] == ["one"]
    assert [found.id for found in puzzles] == ["a", "b", "c"]


IDS = [f"p{number}" for number in range(8)]
moments = st.one_of(st.none(), st.integers(-3, 3).map(hours))
links = st.lists(st.sampled_from([*IDS, "gone"]), max_size=3).map(tuple)


@st.composite
def hunts(draw):
    fields = {"prereq": links, "unlock_at": moments, "is_unlocked": st.sampled_from([True, True, True, False])}
    made = [
        level(
            f"l{number}", number, prereq_count=draw(st.one_of(st.none(), st.integers(-1, 4))), **draw_all(draw, fields)
        )
        for number in range(3)
    ]
    own = {**fields, "divisions": st.sampled_from([(), (), ("open",), ("school",)])}
    puzzles = [puzzle(id, draw(st.sampled_from(["l0", "l1", "l2"])), **draw_all(draw, own)) for id in IDS]
    since = draw(st.dictionaries(st.sampled_from(IDS), st.integers(-3, 3).map(hours), max_size=2))
    return hunt(made, puzzles, since=since)


def draw_all(draw, fields):
    return {name: draw(strategy) for name, strategy in fields.items()}


times = st.dictionaries(st.sampled_from(IDS), st.integers(-3, 3).map(hours), max_size=6)
anchors = st.sampled_from([None, None, "p3", "p5-slug", "gone"])
teams = st.builds(Progress, division=st.just("open"), base=st.just(hours(-3)), solved=times, skipped=times)


@given(hunts(), teams, st.integers(-4, 4), anchors)
def test_list_page_and_moment_never_disagree(content, progress, hour, anchor):
    now, listed = hours(hour), game_view.open_puzzles(content, progress, hours(hour), anchor)
    for found in content.puzzles:
        assert game_view.is_puzzle_open(content, found, progress, now, anchor) is (found.id in listed)
        holder = content.level_of(found)
        assert found.id not in listed or game_view.is_level_open(content, holder, progress, now, anchor)
        assert found.id not in listed or game_view.opened_at(content, found, progress, anchor) is not None


@given(hunts(), teams, st.integers(-4, 4), anchors)
def test_between_now_and_the_next_opening_the_clock_opens_nothing(content, progress, hour, anchor):
    def visible(now):
        return (
            game_view.open_levels(content, progress, now, anchor),
            game_view.open_puzzles(content, progress, now, anchor),
        )

    coming = game_view.next_opening_at(content, progress, hours(hour), anchor)
    if coming is None:
        assert visible(hours(hour)) == visible(hours(1000))
    else:
        assert visible(hours(hour)) == visible(coming - timedelta(microseconds=1)) != visible(coming)


@given(hunts(), teams, st.sampled_from(IDS), anchors)
def test_a_solve_never_closes_anything(content, progress, id, anchor):
    after = dataclasses.replace(progress, solved={**progress.solved, id: hours(0)})
    assert game_view.open_puzzles(content, progress, hours(3), anchor) <= game_view.open_puzzles(
        content, after, hours(3), anchor
    )


@given(hunts(), teams)
def test_a_puzzle_opened_at_the_moment_it_first_became_visible(content, progress):
    """Replays the team's history hour by hour, with what it had passed by then."""
    bare = dataclasses.replace(content, since={})

    def known_at(now):
        return dataclasses.replace(
            progress,
            solved={key: at for key, at in progress.solved.items() if at <= now},
            skipped={key: at for key, at in progress.skipped.items() if at <= now and key not in progress.solved},
        )

    for found in bare.puzzles:
        seen = [
            hour for hour in range(-3, 4) if game_view.is_puzzle_open(bare, found, known_at(hours(hour)), hours(hour))
        ]
        expected = hours(seen[0]) if seen else None
        assert game_view.opened_at(bare, found, progress) == expected
