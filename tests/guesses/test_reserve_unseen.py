"""A guess that is reserved by one message, on what the page query showed: whatever that has missed changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from app.core.team import TeamState
from app.database import ledger
from app.database.page_query import read_page_state
from app.errors import HashingBusy
from app.guesses import queries as guess_queries
from app.guesses.guards import AlreadySolved, TeamGone
from app.guesses.limits import OutOfGuesses
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def seen(node: World, team: int) -> TeamState:
    found = read_page_state(node.database, team).team
    assert found is not None
    return found


def say(node: World, team: TeamState, text: str, key: str = "one", once: str = "") -> dict[str, Any]:
    guess = NewGuess(team.id, node.puzzle(key), text, once, "192.0.2.7", seen=team)
    return submit(node.ports.for_guess, node.content, guess)


def test_the_limit_is_exact_when_all_of_a_burst_have_seen_an_empty_window(database: str, clock: FixedClock) -> None:
    with world(database, clock) as a, world(database, clock) as b, world(database, clock) as c:
        team = seen(a, a.add_team())
        nodes = [a, b, c]
        acts = [lambda n=n: say(nodes[n % 3], team, f"hen{n}", once=f"k{n % 2 and n}") for n in range(24)]
        kinds = Counter(type(result).__name__ for result in at_once(acts))
        assert kinds["dict"] >= 10
        assert a.count("guesses") == 10
        assert len(seen(a, team.id).guess_times) == 10


def test_one_key_sent_ten_times_at_the_same_moment_is_one_guess(database: str, clock: FixedClock) -> None:
    with world(database, clock) as a, world(database, clock) as b:
        team = seen(a, a.add_team())
        results = at_once([lambda n=n: say((a, b)[n % 2], team, "owl", once="same") for n in range(10)])
        assert {(result["verdict"], result["reference"]) for result in results} == {
            ("correct", results[0]["reference"])
        }
        assert {result["guesses_left"] for result in results} == {9}
        assert (a.count("guesses"), a.count("solves"), a.count("receipts")) == (1, 1, 1)
        assert ledger.compare(a.database) == []


def test_of_right_guesses_at_once_with_keys_of_their_own_one_solves(database: str, clock: FixedClock) -> None:
    with world(database, clock) as a, world(database, clock) as b:
        team = seen(a, a.add_team())
        results = at_once([lambda n=n: say((a, b)[n % 2], team, "owl", once=f"k{n}") for n in range(8)])
        kinds = Counter(type(result).__name__ for result in results)
        assert kinds == {"dict": 1, "AlreadySolved": 7}
        assert (a.count("solves"), a.row(team.id).score) == (1, 40)
        assert ledger.compare(a.database) == []


def test_a_team_that_has_been_banned_since_cannot_guess(node: World) -> None:
    team = seen(node, node.add_team())
    node.change("UPDATE teams SET is_banned = true")
    with pytest.raises(TeamGone):
        say(node, team, "hen", once="k")
    assert (node.count("receipts"), node.row(team.id).guess_times) == (0, [])


@pytest.mark.parametrize("how", ["solves", "skips"])
def test_a_puzzle_that_was_passed_since_takes_no_guess_of_the_window(node: World, how: str) -> None:
    team = seen(node, node.add_team())
    with node.database.writing() as connection:
        if how == "solves":
            guess_queries.add_solve(connection, team.id, "recOne", node.clock.now(), 0, is_late=False, answer="?")
        else:
            guess_queries.add_skip(connection, team.id, "recOne", node.clock.now())
    if how == "skips":
        with pytest.raises(AlreadySolved):
            say(node, team, "hen", once="k")
        assert (node.count("receipts"), node.row(team.id).guess_times) == (0, [])
    else:
        assert say(node, team, "hen", once="k")["verdict"] == "wrong"
        assert node.count("guesses") == 0


def test_the_window_as_it_is_counts_and_not_as_it_was_seen(node: World) -> None:
    team = seen(node, node.add_team())
    for number in range(10):
        say(node, team, f"hen{number}")
    with pytest.raises(OutOfGuesses):
        say(node, team, "hawk")
    stale = seen(node, team.id)
    with node.database.writing() as connection:
        guess_queries.clear_window(connection, team.id)
    assert say(node, stale, "hawk")["guesses_left"] == 9


def test_moments_that_have_left_the_window_are_dropped(node: World) -> None:
    team = node.add_team()
    for number in range(12):
        say(node, seen(node, team), f"hen{number}")
        node.clock.advance(10)
    assert len(seen(node, team).guess_times) == 6


def test_the_first_guess_is_kept_for_ever(node: World) -> None:
    team, began = node.add_team(), node.clock.now()
    say(node, seen(node, team), "hen")
    node.clock.advance(100)
    say(node, seen(node, team), "hawk")
    assert seen(node, team).first_guess_at == began


def test_a_full_hashing_queue_gives_the_key_back(node: World) -> None:
    team = node.add_team()
    node.hasher.problem = HashingBusy()
    with pytest.raises(HashingBusy):
        say(node, seen(node, team), "owl", once="k1")
    assert node.count("receipts") == 0
    node.hasher.problem = None
    assert say(node, seen(node, team), "owl", once="k1")["verdict"] == "correct"


def test_a_key_whose_judge_died_can_be_judged_by_the_next(node: World) -> None:
    team = node.add_team()
    with node.database.writing() as connection:
        guess_queries.reserve(connection, team, "recOne", "k1", "a process that was killed", node.clock.now())
    node.clock.advance(25)
    assert say(node, seen(node, team), "owl", once="k1")["verdict"] == "correct"
    assert node.count("receipts", "reply IS NULL") == 0
