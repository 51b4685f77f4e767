"""Slow and fast teams on the hunt's own schedule: when they open what, and where they wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.content import timeline, timeline_text
from app.content.simulate import dry_run
from app.content.timeline import PACES, Course, Pace, Timetable, courses, difficulty
from app.core.model import Content, Division, Hint, Level, Puzzle
from app.core.moments import FIRST, LAST
from app.core.schedule import HintSchedule

NOW = datetime(2030, 1, 1, tzinfo=UTC)
OPEN = Division("open", "Open", final_puzzle_id="c")
ONE_AT_ONCE = Pace("steady", 60, 1)


@pytest.fixture(autouse=True)
def usual_puzzles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every puzzle is a usual one, unless a test wants them drawn."""
    monkeypatch.setattr(timeline, "difficulty", lambda puzzle, seed: 1.0)


def after(**more: float) -> datetime:
    return NOW + timedelta(**more)


def puzzle(name: str, level: str = "l1", **more: object) -> Puzzle:
    return Puzzle(id=name, key=name, title=name.upper(), level_id=level, **more)  # type: ignore[arg-type]


def hunt(*puzzles: Puzzle, levels: tuple[Level, ...] = (Level("l1", "l1", "L1"),)) -> Content:
    return Content(version=1, levels=levels, puzzles=puzzles, divisions=(OPEN,))


def play(content: Content, pace: Pace = ONE_AT_ONCE, seed: int = 1, **times: object) -> Course:
    (course,) = courses(content, OPEN, Timetable(NOW, **times), (pace,), seed)  # type: ignore[arg-type]
    return course


def test_puzzles_are_solved_one_after_the_other_and_open_what_waits_for_them() -> None:
    course = play(hunt(puzzle("a"), puzzle("b", prereq=("a",)), puzzle("c", prereq=("b",))))
    assert course.puzzles == {"a": NOW, "b": after(hours=1), "c": after(hours=2)}
    assert (course.finished_at, course.waits) == (after(hours=3), ())


def test_a_team_with_more_hands_works_on_more_at_once() -> None:
    course = play(hunt(puzzle("a"), puzzle("b"), puzzle("c")), Pace("many", 60, 2))
    assert course.solved == {"a": after(hours=1), "b": after(hours=1), "c": after(hours=2)}


def test_who_is_done_before_the_clock_opens_more_waits() -> None:
    levels = (Level("l1", "l1", "L1"), Level("l2", "l2", "L2", unlock_at=after(hours=5), prereq=("a",)))
    course = play(hunt(puzzle("a"), puzzle("c", "l2"), levels=levels))
    (wait,) = course.waits
    assert (wait.since, wait.until, [one.id for one in wait.for_puzzles]) == (after(hours=1), after(hours=5), ["c"])
    assert course.waited == timedelta(hours=4)
    assert course.levels == {"l1": NOW, "l2": after(hours=5)}


def test_a_slow_team_does_not_wait_where_a_quick_one_does() -> None:
    content = hunt(puzzle("a"), puzzle("c", unlock_at=after(hours=1)))
    quick, median, slow = courses(content, OPEN, Timetable(NOW), PACES, 1)
    assert [one.waited for one in (quick, median, slow)] == [
        timedelta(minutes=40),
        timedelta(minutes=15),
        timedelta(),
    ]
    assert slow.puzzles["c"] == after(hours=1)


def test_the_end_of_the_hunt_is_the_end_of_play_and_of_waiting() -> None:
    content = hunt(puzzle("a"), puzzle("c", unlock_at=after(hours=9)))
    course = play(content, ends_at=after(hours=4))
    assert (course.finished_at, "c" in course.puzzles) == (None, False)
    assert [(wait.until - wait.since, wait.for_puzzles) for wait in course.waits] == [(timedelta(hours=3), ())]


def test_who_has_solved_everything_is_not_idle() -> None:
    assert play(hunt(puzzle("c")), ends_at=after(hours=4)).waits == ()


def test_a_stuck_team_takes_a_hint_when_it_has_a_credit_and_the_hint_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "difficulty", lambda puzzle, seed: 4.0)
    hinted = puzzle("c", hints=(Hint("h1", 1, ""), Hint("h2", 2, "", cost=5)))
    assert play(hunt(hinted)).finished_at == after(hours=4)
    scheduled = HintSchedule(None, 0)
    # Stuck after an hour, with three to go: the hint leaves half of them.
    helped = play(hunt(hinted), hint_schedule=scheduled)
    assert (helped.finished_at, helped.hints) == (after(hours=2.5), 1)
    late = play(hunt(hinted), hint_schedule=HintSchedule(after(hours=2), 0))
    assert late.finished_at == after(hours=3)
    held = replace(hinted, hints=(Hint("h1", 1, "", available_after=180),))
    assert play(hunt(held), hint_schedule=scheduled).finished_at == after(hours=3.5)


def test_an_anchor_comes_first() -> None:
    levels = (Level("l1", "l1", "L1"), Level("l2", "l2", "L2"))
    course = play(hunt(puzzle("a"), puzzle("c", "l2"), levels=levels), anchor="c")
    assert course.puzzles == {"c": NOW, "a": after(hours=1)}


def test_a_dead_end_stops_a_team_and_not_the_program() -> None:
    course = play(hunt(puzzle("a"), puzzle("c", prereq=("c",))))
    assert (set(course.solved), course.finished_at) == ({"a"}, None)


def test_the_same_seed_gives_the_same_course_and_another_seed_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "difficulty", difficulty)
    content = hunt(*(puzzle(f"p{number}") for number in range(20)))
    first, again, other = (courses(content, OPEN, Timetable(NOW), PACES, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_puzzle_is_as_difficult_for_everybody_whatever_else_there_is() -> None:
    one = puzzle("a")
    assert difficulty(one, 3) == difficulty(replace(one, title="Other", order=9), 3)
    drawn = [difficulty(puzzle(f"p{number}"), 1) for number in range(500)]
    assert 0.9 < sorted(drawn)[250] < 1.1
    assert min(drawn) >= timeline.EASIEST
    assert max(drawn) <= timeline.HARDEST


def test_three_hundred_puzzles_are_played_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "difficulty", difficulty)
    levels = tuple(Level(f"l{n}", f"l{n}", f"L{n}", n, prereq=(f"p{n - 1}-0",) if n else ()) for n in range(15))
    some = [puzzle(f"p{n}-{k}", f"l{n}", hints=(Hint(f"h{n}-{k}", 1, ""),)) for n in range(15) for k in range(20)]
    content = replace(hunt(*some, levels=levels), divisions=(Division("open", "Open"),))
    schedule = HintSchedule(None, 1)
    for course in courses(content, content.divisions[0], Timetable(NOW, hint_schedule=schedule), PACES, 1):
        assert len(course.solved) == 300
        assert course.finished_at == max(course.solved.values())


MOMENTS = st.one_of(
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(timedelta(), timedelta(days=2)).map(lambda gone: FIRST + gone),
    st.timedeltas(timedelta(), timedelta(days=2)).map(lambda left: LAST - left),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOMENTS, MOMENTS, MOMENTS, st.integers(0, 10**12), st.integers(0, 10**12), st.one_of(st.none(), MOMENTS))
@example(LAST, LAST, LAST, 1, 10**12, None)
@example(FIRST, LAST - timedelta(minutes=1), FIRST, 9999, 10**6, None)
@example(FIRST, FIRST, LAST, 0, 1, FIRST)
def test_every_moment_can_be_played_and_drawn(
    begins_at: datetime, opens_at: datetime, first_at: datetime, hours: int, minutes: int, ends_at: datetime | None
) -> None:
    hints = (Hint("h1", 1, "", available_after=minutes),)
    content = hunt(puzzle("a", hints=hints), puzzle("b", unlock_at=opens_at, hints=hints), puzzle("c", prereq=("b",)))
    times = Timetable(begins_at, ends_at, hint_schedule=HintSchedule(first_at, hours))
    lines = list(timeline_text.timeline(content, OPEN, times, courses(content, OPEN, times, PACES, 1)))
    assert len(lines) >= 6
    assert all(walk.openings for walk in dry_run(content, begins_at).walks)
