"""The order of boards, tie by tie, and the badges."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.boards import standings
from app.core.model import Content, Division, Level, Puzzle

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    team_id: int
    display_name: str = "Team"
    affiliation: str = "Somewhere"
    score: int = 0
    solved: int = 0
    solved_here: int = 0
    final_at: datetime | None = None
    last_at: datetime | None = None
    points_changed_at: datetime | None = None
    scored_at: datetime | None = None
    metas: int = 0
    solved_at: datetime | None = None


def at(hour):
    return NOON + timedelta(hours=hour)


def order(rows, ranking):
    return [standing.team_id for standing in standings.rank(rows, ranking, True, 10)]


@pytest.mark.parametrize(
    ("ranking", "better", "worse"),
    [
        ("finish", {"final_at": at(1), "score": 0}, {"final_at": at(2), "score": 99}),
        ("finish", {"final_at": at(9), "score": 0}, {"final_at": None, "score": 99}),
        ("finish", {"score": 5, "points_changed_at": at(9)}, {"score": 4, "points_changed_at": at(1)}),
        ("finish", {"final_at": at(1), "score": 5}, {"final_at": at(1), "score": 4}),
        ("finish", {"score": 5, "points_changed_at": at(1)}, {"score": 5, "points_changed_at": at(2)}),
        ("finish", {"points_changed_at": at(1)}, {"points_changed_at": None}),
        ("finish", {"scored_at": at(9)}, {"scored_at": at(1)}),
        ("points", {"score": 5, "scored_at": at(9)}, {"score": 4, "scored_at": at(1), "final_at": at(1)}),
        ("points", {"score": 5, "scored_at": at(1)}, {"score": 5, "scored_at": at(2), "points_changed_at": at(0)}),
        ("points", {"scored_at": at(1)}, {"scored_at": None}),
        ("points", {"final_at": None}, {"final_at": at(1), "points_changed_at": at(1)}),
        ("points", {"score": 0}, {"score": -5}),
    ],
)
def test_the_better_team_is_first(ranking, better, worse):
    """The better one has the smaller id only where nothing but the id decides."""
    tied = all(better.get(name) == worse.get(name) for name in deciding(ranking))
    one, other = (1, 2) if tied else (2, 1)
    assert order([Row(one, **better), Row(other, **worse)], ranking) == [one, other]
    assert order([Row(other, **worse), Row(one, **better)], ranking) == [one, other]


def deciding(ranking):
    return ("final_at", "score", "points_changed_at") if ranking == "finish" else ("score", "scored_at")


moments = st.one_of(st.none(), st.integers(0, 2).map(at))
rows = st.lists(
    st.builds(
        Row,
        team_id=st.integers(1, 50),
        score=st.integers(-1, 2),
        final_at=moments,
        points_changed_at=moments,
        scored_at=moments,
    ),
    max_size=12,
    unique_by=lambda row: row.team_id,
)


@given(rows, st.sampled_from(["finish", "points"]), st.randoms(use_true_random=False))
def test_the_order_never_depends_on_the_order_of_reading(teams, ranking, lots: random.Random):
    shuffled = lots.sample(teams, len(teams))
    assert standings.rank(shuffled, ranking, True, 3) == standings.rank(teams, ranking, True, 3)


@given(rows, st.sampled_from(["finish", "points"]))
def test_every_rank_is_given_once(teams, ranking):
    board = standings.rank(teams, ranking, True, 3)
    assert [standing.rank for standing in board] == list(range(1, len(teams) + 1))


def test_a_line_shows_the_teams_own_figures():
    row = Row(
        7, "Otters", "River", score=40, solved=3, solved_here=2, final_at=at(4), last_at=at(5), metas=1, solved_at=at(5)
    )
    assert standings.rank([row], "finish", True, 2) == [
        standings.Standing(7, 1, "Otters", "River", 40, 3, at(4), ("all", "final", "last"), 1, at(5))
    ]


def test_an_unranked_board_lists_names_without_figures():
    teams = [Row(1, "zebra", score=5), Row(2, "Élan"), Row(3, "apple", final_at=at(1)), Row(4, "Zebra"), Row(5, "Bear")]
    board = standings.rank(teams, "points", False, 3)
    assert [standing.display_name for standing in board] == ["apple", "Bear", "zebra", "Zebra", "Élan"]
    assert {(line.rank, line.score, line.solved, line.finished_at) for line in board} == {(None, None, None, None)}


@pytest.mark.parametrize(
    ("figures", "count", "badges"),
    [
        ({}, 3, ()),
        ({"solved_here": 2, "solved": 5}, 3, ()),
        ({"solved_here": 3}, 3, ("all",)),
        ({"solved_here": 0}, 0, ()),
        ({"final_at": NOON}, 3, ("final",)),
        ({"last_at": NOON}, 3, ("last",)),
        ({"solved_here": 3, "final_at": NOON, "last_at": NOON}, 3, ("all", "final", "last")),
    ],
)
def test_badges_tell_what_was_achieved(figures, count, badges):
    assert standings.badges_of(Row(1, **figures), count) == badges


def hunt():
    def puzzle(id, level_id, **fields):
        return Puzzle(id=id, key=f"{id}-slug", title=id, level_id=level_id, **fields)

    return Content(
        version=1,
        levels=(
            Level(id="l2", key="l2", title="L2", order=2),
            Level(id="l1", key="l1", title="L1", order=1),
            Level(id="l3", key="l3", title="L3", order=3, is_unlocked=False),
        ),
        puzzles=(
            puzzle("spare", "l2", order=9, is_unlocked=False),
            puzzle("kids", "l2", order=5, divisions=("school",)),
            puzzle("meta", "l2", order=4),
            puzzle("a", "l1", order=1),
            puzzle("hidden", "l3"),
            puzzle("astray", "gone"),
        ),
        divisions=(
            Division("open", "Open", final_puzzle_id="meta"),
            Division("school", "School"),
            Division("odd", "Odd", final_puzzle_id="gone"),
        ),
    )


def test_a_divisions_puzzles_are_those_it_can_play():
    assert [puzzle.id for puzzle in standings.division_puzzles(hunt(), "open")] == ["a", "meta"]
    assert [puzzle.id for puzzle in standings.division_puzzles(hunt(), "school")] == ["a", "meta", "kids"]


@pytest.mark.parametrize(("code", "expected"), [("open", "meta"), ("school", None), ("odd", None), ("none", None)])
def test_the_final_puzzle_is_the_divisions_own(code, expected):
    assert standings.final_puzzle(hunt(), code) == expected


def test_the_last_puzzle_is_the_last_in_playing_order_that_can_be_played():
    assert standings.last_puzzle(hunt()) == "kids"
    assert standings.last_puzzle(Content(version=1, levels=(), puzzles=(), divisions=())) is None
