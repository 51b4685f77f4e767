"""Signs that the organisers may want to look at."""

from datetime import UTC, datetime, timedelta

import pytest

from app.ops.cheating_signs import (
    FirstSight,
    SharedAddress,
    WrongGuess,
    quick_solves,
    shared_addresses,
    shared_wrong_guesses,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def test_an_address_of_several_teams_is_named_with_all_of_them():
    visits = [
        (3, "::1"),
        (1, "10.0.0.1"),
        (2, "10.0.0.1"),
        (1, "10.0.0.1"),
        (4, "::2"),
        (3, "::2"),
        (5, "::2"),
        (6, ""),
    ]
    assert shared_addresses([*visits, (7, "")]) == [
        SharedAddress("::/64", (3, 4, 5)),
        SharedAddress("10.0.0.1", (1, 2)),
    ]


def test_an_ipv6_network_of_64_bits_is_one_address():
    visits = [(1, "2001:db8:0:1::1"), (2, "2001:db8:0:1:ffff::"), (3, "2001:db8:0:2::1"), (4, "::ffff:10.0.0.1")]
    found = shared_addresses([*visits, (5, "10.0.0.1")])
    assert found == [SharedAddress("10.0.0.1", (4, 5)), SharedAddress("2001:db8:0:1::/64", (1, 2))]


@pytest.mark.parametrize(("seconds", "is_sign"), [(0, True), (10, True), (10.001, False), (600, False), (-5, True)])
def test_a_right_guess_within_ten_seconds_of_first_sight_is_a_sign(seconds, is_sign):
    solve = FirstSight(1, "p", NOON, after(seconds))
    assert quick_solves([solve]) == ([solve] if is_sign else [])


def test_the_quickest_solve_is_first():
    slow, fast = FirstSight(1, "p", NOON, after(9)), FirstSight(2, "p", NOON, after(2))
    assert quick_solves([slow, fast]) == [fast, slow]


def shared(*guesses):
    made = [WrongGuess(team, puzzle, text, after(seconds)) for team, puzzle, text, seconds in guesses]
    return [(pair.first.team_id, pair.second.team_id) for pair in shared_wrong_guesses(made)]


@pytest.mark.parametrize(
    ("guesses", "pairs"),
    [
        ([(1, "p", "otter", 0), (2, "p", "otter", 300)], [(1, 2)]),
        ([(2, "p", "otter", 9), (1, "p", "otter", 0)], [(1, 2)]),
        ([(1, "p", "otter", 0), (2, "p", "otter", 300.001)], []),
        ([(1, "p", "otter", 0), (1, "p", "otter", 9)], []),
        ([(1, "p", "otter", 0), (2, "q", "otter", 9)], []),
        ([(1, "p", "otter", 0), (2, "p", "beaver", 9)], []),
        ([(team, "p", "otter", team) for team in (1, 2, 3)], [(1, 2), (1, 3), (2, 3)]),
        ([(team, "p", "otter", team) for team in (1, 2, 3, 4)], []),
        ([(1, "p", "otter", 0), (2, "p", "otter", 9), (3, "p", "otter", 9999)], [(1, 2)]),
    ],
)
def test_a_rare_wrong_guess_shared_within_five_minutes_is_a_sign(guesses, pairs):
    assert shared(*guesses) == pairs
