"""Points over time: steps, paths and round numbers on the axes."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.boards import chart as boards_chart

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(hours):
    return NOON + timedelta(hours=hours)


def test_totals_run_up_in_the_order_of_time():
    changes = [(1, at(3), 5), (2, at(2), 40), (1, at(1), 20), (1, at(4), -10), (3, at(1), 7)]
    assert boards_chart.series(changes, [1, 2], NOON, at(5)) == {
        1: ((NOON, 0), (at(1), 20), (at(3), 25), (at(4), 15)),
        2: ((NOON, 0), (at(2), 40)),
    }


def test_changes_of_one_moment_are_one_step():
    assert boards_chart.series([(1, at(1), 20), (1, at(1), -5)], [1], NOON, at(5))[1] == ((NOON, 0), (at(1), 15))


def test_what_came_before_the_start_stands_at_the_start_and_what_came_later_is_left_out():
    changes = [(1, at(-1), 3), (1, at(1), 20), (1, at(6), 20)]
    assert boards_chart.series(changes, [1], NOON, at(5))[1] == ((NOON, 3), (at(1), 23))


def test_what_came_at_the_last_moment_is_drawn():
    assert boards_chart.series([(1, at(5), 20)], [1], NOON, at(5))[1] == ((NOON, 0), (at(5), 20))


def test_a_path_goes_in_steps_to_the_right_edge():
    points = ((NOON, 0), (at(1), 20), (at(2), 60))
    assert boards_chart.path_of(points, NOON, at(4), 80) == "M0 300H250V225H500V75H1000"


def test_totals_below_nothing_stay_on_the_ground():
    assert boards_chart.path_of(((NOON, 0), (at(1), -20)), NOON, at(2), 10) == "M0 300H500V300H1000"


def test_a_chart_keeps_the_order_of_the_teams():
    chart = boards_chart.draw([(2, at(1), 30), (1, at(2), 10)], [2, 1, 9], NOON, at(4))
    assert [line.team_id for line in chart.lines] == [2, 1, 9]
    assert chart.lines[0].path == "M0 300H250V0H1000"
    assert chart.lines[2].path == "M0 300H1000"
    assert [(tick.at, tick.label) for tick in chart.ticks_y] == [(300, "0"), (200, "10"), (100, "20"), (0, "30")]
    assert [(tick.at, tick.label) for tick in chart.ticks_x][:2] == [(0, "12:00"), (250, "13:00")]


def test_a_chart_of_nothing_can_be_drawn():
    chart = boards_chart.draw([], [], NOON, NOON)
    assert chart.lines == ()
    assert [tick.label for tick in chart.ticks_y] == ["0", "1"]


@pytest.mark.parametrize(
    ("highest", "top"), [(-5, 1), (0, 1), (1, 1), (5, 5), (6, 6), (7, 8), (11, 15), (99, 100), (101, 150), (1234, 1500)]
)
def test_the_axis_ends_at_a_round_number(highest, top):
    assert boards_chart.nice_top(highest) == top


@given(st.integers(0, 10**7))
def test_marks_for_points_are_few_even_and_enclose_the_highest(highest):
    top = boards_chart.nice_top(highest)
    marks = [int(tick.label) for tick in boards_chart.ticks_y(top)]
    assert marks[0] == 0
    assert marks[-1] == top >= highest
    assert 2 <= len(marks) <= 6
    assert len({high - low for low, high in pairwise(marks)}) == 1


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        (0.1, ["12:00", "12:01", "12:02", "12:03", "12:04", "12:05", "12:06"]),
        (2, ["12:00", "12:30", "13:00", "13:30", "14:00"]),
        (24, ["12:00", "18:00", "2 May", "06:00", "12:00"]),
        (72, ["12:00", "2 May", "12:00", "3 May", "12:00", "4 May", "12:00"]),
        (24 * 20, ["8 May", "15 May"]),
        (24 * 70, ["12 May", "23 May", "3 Jun", "14 Jun", "25 Jun", "6 Jul"]),
    ],
)
def test_marks_of_time_stand_at_round_times(hours, labels):
    assert [tick.label for tick in boards_chart.ticks_x(NOON, at(hours))] == labels


def test_marks_of_time_are_round_in_the_hunts_own_zone():
    zone = ZoneInfo("Asia/Kolkata")
    ticks = boards_chart.ticks_x(NOON, at(24), zone)
    assert [tick.label for tick in ticks] == ["18:00", "2 May", "06:00", "12:00"]
    assert ticks[0].moment == at(0.5)
    assert ticks[0].at == 20.8


@given(
    st.integers(1, 60 * 24 * 400), st.integers(0, 60 * 24), st.sampled_from(["UTC", "Europe/London", "Asia/Kolkata"])
)
def test_marks_of_time_are_few_and_inside_the_box(minutes, offset, zone):
    start = NOON + timedelta(minutes=offset, seconds=17)
    ticks = boards_chart.ticks_x(start, start + timedelta(minutes=minutes), ZoneInfo(zone))
    assert len(ticks) <= boards_chart.MOST_TICKS
    assert all(0 <= tick.at <= 1000 and start <= tick.moment <= start + timedelta(minutes=minutes) for tick in ticks)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(-99, 9999).map(lambda hour: at(hour / 7)), st.integers(-50, 500)))
)
def test_every_path_is_a_path_inside_the_box(changes):
    for line in boards_chart.draw(changes, [1, 2, 3], NOON, at(100)).lines:
        assert re.fullmatch(r"M0 [\d.]+(?:H[\d.]+V[\d.]+)*H1000", line.path)
        assert all(0 <= float(x) <= 1000 for x in re.findall(r"H([\d.]+)", line.path))
        assert all(0 <= float(y) <= 300 for y in re.findall(r"V([\d.]+)", line.path))
        assert list(line.points) == sorted(line.points, key=lambda point: point[0])
