"""Accepting an answer after the fact, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.accounts.roles import ban
from app.database import ledger
from app.errors import TeamUnknown
from app.guesses.clearing import clear_guesses
from app.guesses.corrections import accept_answer, who_tried
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def say(node: World, team: int, text: str, key: str = "boss") -> str:
    verdict = submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), text, "", ""))["verdict"]
    node.clock.advance(10)
    return str(verdict)


def accept(node: World, text: str) -> list[tuple[str, str, int]]:
    gains = accept_answer(node.for_hunt, node.encryption, node.secret, node.content, node.puzzle("boss"), text, "admin")
    return [(gain.display_name, gain.outcome, gain.points) for gain in gains]


def test_who_tried_it_gets_the_solve_as_of_the_moment_they_tried(node: World) -> None:
    node.settle(scoring="time", time_window=100, time_floor=0)
    owls = node.add_team("Owls")
    say(node, owls, "owl", "one")  # opens the boss, 10 seconds before the clock is advanced once more
    node.clock.advance(10)
    tried_at = node.clock.now()
    say(node, owls, "Grizzly!")
    node.clock.advance(3600)
    assert accept(node, "grizzly") == [("The Owls", "solve", 80)]
    assert node.row(owls).score == 40 + 80
    assert node.row(owls).last_points_at == tried_at
    assert node.count("unlocks", "puzzle_id = 'recDeep'") == 1
    assert ledger.compare(node.database) == []


def test_from_then_on_it_is_right_for_everybody(node: World) -> None:
    accept(node, "grizzly")
    assert say(node, node.add_team(), "GRIZZLY") == "correct"


def test_the_order_of_the_tries_counts_not_that_of_the_settling(node: World) -> None:
    node.settle(scoring="order")
    for number in range(11):
        say(node, node.add_team(f"Early{number}"), "grizzly")
    for number in range(3):
        say(node, node.add_team(f"Late{number}"), "bear")
    gains = accept(node, "grizzly")
    assert {points for _, _, points in gains} == {100}
    assert say(node, node.add_team("Last"), "bear") == "correct"
    assert node.all("SELECT points FROM solves ORDER BY id DESC LIMIT 1") == [(90,)]


def test_teams_that_solved_it_since_keep_what_they_have(node: World) -> None:
    owls = node.add_team("Owls")
    say(node, owls, "grizzly")
    say(node, owls, "bear")
    assert accept(node, "grizzly") == [("The Owls", "solved", 0)]
    assert node.count("solves") == 1
    assert node.row(owls).score == 100


def test_each_is_told_and_each_is_in_the_audit(node: World) -> None:
    owls, bats = node.add_team("Owls"), node.add_team("Bats")
    for team in (owls, bats):
        say(node, team, "grizzly")
    node.ears.heard.clear()
    accept(node, "grizzly")
    assert [audience for audience, event, _ in node.ears.heard if event == "solve"] == [f"team:{owls}", f"team:{bats}"]
    acts = node.all("SELECT action, subject FROM audit ORDER BY id")
    assert acts == [
        ("accept answer", "recBoss"),
        ("accepted solve", f"{owls}:recBoss"),
        ("accepted solve", f"{bats}:recBoss"),
    ]
    assert "grizzly" not in str(node.all("SELECT * FROM audit")).lower()


def test_who_would_gain_is_known_before_anything_is_done(node: World) -> None:
    say(node, node.add_team("Owls"), "grizzly")
    assert [(gain.display_name, gain.outcome) for gain in who_tried(node.database, node.puzzle("boss"), "grizzly")] == [
        ("The Owls", "solve")
    ]
    assert node.count("solves") + node.count("accepted_answers") + node.count("audit") == 0


def test_accepting_twice_at_the_same_moment_gives_one_solve(node: World) -> None:
    owls = node.add_team("Owls")
    say(node, owls, "grizzly")
    at_once([lambda: accept(node, "grizzly")] * 4)
    assert node.count("solves") == 1
    assert node.row(owls).score == 100
    assert ledger.compare(node.database) == []


def test_a_banned_team_gains_nothing(node: World) -> None:
    owls = node.add_team("Owls")
    say(node, owls, "grizzly")
    ban(node.database, node.clock, node.broadcaster, owls, "admin")
    assert accept(node, "grizzly") == []


def test_a_team_gets_its_guesses_back(node: World) -> None:
    team = node.add_team("Owls")
    for number in range(10):
        submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle("one"), f"hen{number}", "", ""))
    clear_guesses(node.database, node.clock, team, "admin")
    assert say(node, team, "owl", "one") == "correct"
    assert node.all("SELECT action, subject FROM audit") == [("clear guesses", "Owls")]


def test_nobody_has_no_guesses_to_give_back(node: World) -> None:
    with pytest.raises(TeamUnknown):
        clear_guesses(node.database, node.clock, 2**63, "admin")
