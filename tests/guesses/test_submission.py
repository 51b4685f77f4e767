"""Guesses, by every rule, on both databases; races with real threads and several nodes on one database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.core.answers import InvalidAnswer
from app.database import ledger
from app.errors import HashingBusy
from app.guesses import queries as guess_queries
from app.guesses.guards import AlreadySolved, TeamGone
from app.guesses.limits import OutOfGuesses
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, hashed, small_content, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def say(node: World, team: int, text: str, key: str = "one", once: str = "") -> dict[str, Any]:
    return submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), text, once, "192.0.2.7"))


def test_a_right_guess_earns_its_points_and_leaves_no_text(node: World) -> None:
    team = node.add_team()
    reply = say(node, team, "  Ówl! ")
    assert (reply["verdict"], reply["points"], reply["score"], reply["guesses_left"]) == ("correct", 40, 40, 9)
    assert node.row(team).score == 40
    assert node.all("SELECT verdict, text FROM guesses") == [("correct", None)]
    assert ledger.compare(node.database) == []


def test_a_right_guess_names_what_it_opened(node: World) -> None:
    team = node.add_team()
    assert say(node, team, "owl")["unlocked"] == ({"kind": "puzzle", "title": "Boss", "url": "/game/puzzle/boss"},)
    opened = say(node, team, "bear", "boss")["unlocked"]
    assert [item["title"] for item in opened] == ["Depths", "Deep"]
    assert node.count("unlocks", "puzzle_id IN ('recBoss', 'recDeep')") == 2


def test_a_wrong_guess_is_kept_with_its_text_and_costs_no_points(node: World) -> None:
    team = node.add_team()
    reply = say(node, team, "A Hen")
    assert reply["verdict"] == "wrong"
    assert "points" not in reply
    assert "unlocked" not in reply
    assert node.all("SELECT verdict, text FROM guesses") == [("wrong", "A Hen")]
    assert node.row(team).score == 0


def test_a_near_answer_gets_its_own_message_after_the_right_ones_failed(node: World) -> None:
    reply = say(node, node.add_team(), "crow")
    assert (reply["verdict"], reply["message_html"]) == ("close", "<p>A bird, yes.</p>")
    assert len(node.hasher.checks) == 2


def test_any_line_of_the_solution_is_right(node: World) -> None:
    assert say(node, node.add_team(), "vixen", "two")["verdict"] == "correct"


@pytest.mark.parametrize("text", ["", "   ", "?!…", "x" * 201, "word " * 1680, "字" * 30, "e" + "\u0301" * 300])
def test_what_cannot_be_an_answer_is_refused_and_stores_no_guess(node: World, text: str) -> None:
    team = node.add_team()
    with pytest.raises(InvalidAnswer):
        say(node, team, text)
    assert node.count("guesses") == 0
    assert node.hasher.checks == []


def test_invalid_guesses_use_up_the_limit_as_well(node: World) -> None:
    team = node.add_team()
    for _ in range(10):
        with pytest.raises(InvalidAnswer):
            say(node, team, "?")
    with pytest.raises(OutOfGuesses):
        say(node, team, "?")
    with pytest.raises(OutOfGuesses):
        say(node, team, "owl")
    assert node.count("guesses") == 0


def test_ten_guesses_a_minute_over_all_puzzles_then_the_first_one_leaves(node: World) -> None:
    team = node.add_team()
    for number in range(10):
        assert say(node, team, f"hen{number}", "one" if number % 2 else "two")["guesses_left"] == 9 - number
        node.clock.advance(1)
    with pytest.raises(OutOfGuesses) as refused:
        say(node, team, "owl")
    assert refused.value.retry_after == 50
    node.clock.advance(50)
    assert say(node, team, "owl")["verdict"] == "correct"


def test_the_limit_is_exact_under_a_burst_over_three_nodes(database: str, clock: FixedClock) -> None:
    with world(database, clock) as a, world(database, clock) as b, world(database, clock) as c:
        team = a.add_team()
        nodes = [a, b, c]
        acts = [lambda n=n: say(nodes[n % 3], team, f"hen{n}") for n in range(24)]
        kinds = Counter(type(result).__name__ for result in at_once(acts))
        assert kinds == {"dict": 10, "OutOfGuesses": 14}
        assert a.count("guesses") == 10


def test_an_admin_may_clear_the_window(node: World) -> None:
    team = node.add_team()
    for number in range(10):
        say(node, team, f"hen{number}")
    with node.database.writing() as connection:
        guess_queries.clear_window(connection, team)
    assert say(node, team, "owl")["guesses_left"] == 9


def test_a_repeat_gets_the_old_message_without_a_row_and_without_hashing(node: World) -> None:
    team = node.add_team()
    first = say(node, team, "Crow")
    hashed_so_far = len(node.hasher.checks)
    again = say(node, team, "c r o w")
    assert (again["verdict"], again["message_html"], again["reference"]) == (
        "repeat",
        first["message_html"],
        first["reference"],
    )
    assert node.count("guesses") == 1
    assert len(node.hasher.checks) == hashed_so_far
    assert again["guesses_left"] == 8


def test_a_repeat_on_a_node_that_never_saw_it_is_not_hashed_either(database: str, clock: FixedClock) -> None:
    content = small_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        team = a.add_team()
        say(a, team, "hen")
        assert say(b, team, "hen")["verdict"] == "repeat"
        assert b.hasher.checks == []


def test_after_a_corrected_solution_the_same_guess_is_judged_again(node: World) -> None:
    team = node.add_team()
    assert say(node, team, "hawk")["verdict"] == "wrong"
    one = replace(node.puzzle("one"), answers=(hashed("hawk"),))
    node.in_force.put(small_content(2, puzzles=(one, *node.content.puzzles[1:])))
    assert say(node, team, "hawk")["verdict"] == "correct"


def test_a_near_answer_that_becomes_right_is_judged_again_also_where_it_was_never_hashed(
    database: str, clock: FixedClock
) -> None:
    content = small_content()
    one = content.puzzles[0]
    corrected = replace(one, answers=(*one.answers, one.close[0].hash), close=())
    with world(database, clock, content) as a, world(database, clock, content) as b:
        team = a.add_team()
        assert say(a, team, "crow")["verdict"] == "close"
        b.in_force.put(small_content(2, puzzles=(corrected, *content.puzzles[1:])))
        assert say(b, team, "crow")["verdict"] == "correct"


def test_what_one_team_tried_is_not_hashed_again_for_another(node: World) -> None:
    say(node, node.add_team("Owls"), "hen")
    hashed_so_far = len(node.hasher.checks)
    assert say(node, node.add_team("Bats"), "hen")["verdict"] == "wrong"
    assert len(node.hasher.checks) == hashed_so_far


def test_once_the_answer_was_seen_nothing_is_hashed_for_the_puzzle(node: World) -> None:
    say(node, node.add_team("Owls"), "eel", "deep")
    bats, hashed_so_far = node.add_team("Bats"), len(node.hasher.checks)
    assert say(node, bats, "ray", "deep")["verdict"] == "wrong"
    assert say(node, bats, "eel", "deep")["verdict"] == "correct"
    assert len(node.hasher.checks) == hashed_so_far


def test_twenty_who_try_the_same_at_once_cost_one_hash_each_for_right_and_near(node: World) -> None:
    ids = [node.add_team(f"Team{number}") for number in range(20)]
    results = at_once([lambda team=team: say(node, team, "hen") for team in ids])
    assert {result["verdict"] for result in results} == {"wrong"}
    assert len(node.hasher.checks) == 2


def test_twenty_right_guesses_at_once_are_one_solve(database: str, clock: FixedClock) -> None:
    with world(database, clock) as a, world(database, clock) as b:
        team = a.add_team()
        acts = [lambda n=n: say((a, b)[n % 2], team, "owl") for n in range(10)]
        kinds = Counter(r["verdict"] if isinstance(r, dict) else type(r).__name__ for r in at_once(acts))
        assert kinds == {"correct": 1, "AlreadySolved": 9}
        assert a.count("solves") == 1
        assert a.row(team).score == 40
        assert ledger.compare(a.database) == []


def test_a_solved_puzzle_takes_no_more_guesses_and_no_slot(node: World) -> None:
    team = node.add_team()
    say(node, team, "owl")
    with pytest.raises(AlreadySolved):
        say(node, team, "hen")
    assert say(node, team, "hen", "two")["guesses_left"] == 8


def test_the_same_key_again_gets_the_first_reply_and_changes_nothing(node: World) -> None:
    team = node.add_team()
    first = say(node, team, "owl", once="k1")
    node.clock.advance(3600)
    assert say(node, team, "owl", once="k1") == {**first, "unlocked": list(first["unlocked"])}
    assert say(node, team, "something else", once="k1")["verdict"] == "correct"
    assert node.count("guesses") == 1
    assert node.count("ledger") == 1


def test_a_key_belongs_to_one_puzzle(node: World) -> None:
    team = node.add_team()
    say(node, team, "hen", "one", once="k1")
    assert say(node, team, "fox", "two", once="k1")["verdict"] == "correct"


def test_one_key_sent_ten_times_at_the_same_moment_on_two_nodes_is_one_guess(database: str, clock: FixedClock) -> None:
    with world(database, clock) as a, world(database, clock) as b:
        team = a.add_team()
        results = at_once([lambda n=n: say((a, b)[n % 2], team, "hen", once="same") for n in range(10)])
        assert {result["reference"] for result in results} == {results[0]["reference"]}
        assert {result["guesses_left"] for result in results} == {9}
        assert a.count("guesses") == 1


def test_a_key_whose_judge_died_can_be_judged_by_the_next(node: World) -> None:
    team = node.add_team()
    with node.database.writing() as connection:
        guess_queries.reserve(connection, team, "recOne", "k1", "a process that was killed", node.clock.now())
    node.clock.advance(25)
    assert say(node, team, "owl", once="k1")["verdict"] == "correct"


def test_after_a_clock_was_set_back_a_key_whose_judge_died_is_judged_at_once(
    node: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = node.add_team()
    with node.database.writing() as connection:
        guess_queries.reserve(connection, team, "recOne", "k1", "a process that was killed", node.clock.now())
    node.clock.advance(-3600)
    monkeypatch.setattr(node.clock, "sleep", lambda _seconds: pytest.fail("waits for a process that is dead"))
    attempt = NewGuess(team, node.puzzle("one"), "owl", "k1", "192.0.2.7")
    assert submit(node.ports.for_guess, node.content, attempt)["verdict"] == "correct"


def test_a_failure_does_not_release_the_reservation_of_another_request(node: World) -> None:
    team = node.add_team()

    def check(lane: str, secret: bytes, hashed: bytes) -> bool:
        with node.database.writing() as connection:
            guess_queries.reserve(connection, team, "recOne", "k1", "the request that took over", node.clock.now())
        raise HashingBusy

    node.hasher.check = check  # type: ignore[method-assign]
    with pytest.raises(HashingBusy):
        say(node, team, "owl", once="k1")
    with node.database.reading() as connection:
        found = guess_queries.read_situation(connection, team, "recOne", once="k1")
    assert found.holder == "the request that took over"


def test_a_reservation_older_than_a_minute_is_swept(node: World) -> None:
    team = node.add_team()
    with node.database.writing() as connection:
        guess_queries.reserve(connection, team, "recOne", "k1", "gone", node.clock.now())
        swept_early = guess_queries.sweep_receipts(connection, node.clock.now() - timedelta(seconds=60))
    node.clock.advance(61)
    with node.database.writing() as connection:
        swept = guess_queries.sweep_receipts(connection, node.clock.now() - timedelta(seconds=60))
    assert (swept_early, swept) == (0, 1)


def test_a_full_hashing_queue_gives_the_key_back(node: World) -> None:
    team = node.add_team()
    node.hasher.problem = HashingBusy()
    with pytest.raises(HashingBusy):
        say(node, team, "owl", once="k1")
    node.hasher.problem = None
    assert say(node, team, "owl", once="k1")["verdict"] == "correct"


def test_a_banned_team_cannot_guess(node: World) -> None:
    with pytest.raises(TeamGone):
        say(node, node.add_team(is_banned=True), "owl")


def test_after_the_end_a_right_guess_is_right_and_earns_nothing(node: World) -> None:
    team = node.add_team()
    node.settle(ends_at=node.clock.now(), xp=True)
    reply = say(node, team, "owl")
    assert (reply["verdict"], reply["points"], reply["score"], reply["xp"]) == ("correct", 0, 0, 0)
    assert node.all("SELECT points, is_late FROM solves") in ([(0, True)], [(0, 1)])


def test_the_order_of_twenty_parallel_solvers_is_exact(database: str, clock: FixedClock) -> None:
    with world(database, clock) as a, world(database, clock) as b:
        for node in (a, b):
            node.settle(scoring="order")
        ids = [a.add_team(f"Team{number}") for number in range(20)]
        results = at_once([lambda n=n: say((a, b)[n % 2], ids[n], "bear", "boss") for n in range(20)])
        assert Counter(result["points"] for result in results) == {100: 11, 90: 9}


def test_staff_do_not_count_as_solvers(node: World) -> None:
    node.settle(scoring="order")
    for number in range(11):
        say(node, node.add_team(f"Staff{number}", role="writer"), "bear", "boss")
    assert say(node, node.add_team(), "bear", "boss")["points"] == 100


def test_the_value_falls_from_the_moment_the_team_unlocked_the_puzzle(node: World) -> None:
    node.settle(scoring="time", time_window=100, time_floor=50)
    team = node.add_team()
    node.clock.advance(30)
    assert say(node, team, "owl")["points"] == 34  # 40 x (1 - 0.5 x 30/100), unlocked at registration
    node.clock.advance(50)
    assert say(node, team, "bear", "boss")["points"] == 75  # opened by the first solve, 50 of 100 seconds ago


def test_points_once_earned_do_not_change_with_the_content(node: World) -> None:
    team = node.add_team()
    say(node, team, "owl")
    one = replace(node.puzzle("one"), value=1000)
    node.in_force.put(small_content(2, puzzles=(one, *node.content.puzzles[1:])))
    assert node.row(team).score == 40
    assert ledger.compare(node.database) == []


def test_a_solve_brings_five_xp_where_xp_is_on(node: World) -> None:
    node.settle(xp=True)
    team = node.add_team()
    assert say(node, team, "owl")["xp"] == 5
    node.clock.advance(2 * 3600)
    assert say(node, team, "fox", "two")["xp"] == 30
    assert ledger.compare(node.database) == []


def test_the_teams_other_pages_hear_of_it_after_the_commit(node: World) -> None:
    team = node.add_team()
    say(node, team, "owl")
    assert [event for _, event, _ in node.ears.heard] == ["guess", "solve", "unlock", "score"]
    assert {audience for audience, _, _ in node.ears.heard} == {f"team:{team}"}
    assert node.ears.events("score") == [{"score": 40, "xp": 0, "hint_credits": 0}]


def test_hostile_text_is_kept_as_text(node: World) -> None:
    team = node.add_team()
    say(node, team, "<script>alert(1)</script>\0'; DROP TABLE teams")
    assert node.all("SELECT text FROM guesses") == [("<script>alert(1)</script>'; DROP TABLE teams",)]


def test_a_clock_set_back_by_an_hour_locks_nobody_out(node: World) -> None:
    team = node.add_team()
    for number in range(10):
        say(node, team, f"hen{number}")
    node.clock.advance(-3600)
    assert say(node, team, "owl")["verdict"] == "correct"
