"""The three power-ups: price, effect, refusals, retries and races; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bcrypt
import pytest

from app.core.answers import InvalidAnswer
from app.core.hint_rules import HintNotYetAvailable, NoHintLeft
from app.core.near_answers import near_forms, signature
from app.core.xp import InsufficientXp, PuzzleCannotBeSkipped
from app.database import ledger
from app.errors import HashingBusy
from app.guesses import queries as guess_queries
from app.guesses.guards import AlreadySolved, HuntOver, TeamGone
from app.guesses.limits import OutOfGuesses
from app.guesses.submission import submit
from app.hints.hints import TakenHint, take_hint
from app.hints.powerups import PowerUpsOff, skip, use_close_answer, use_hint
from tests.support.clock import FixedClock
from tests.support.powers import HERE, asked, balance, give, hint_wish, power_content, rich_team, skip_wish
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, power_content()) as one:
        one.settle(xp=True)
        yield one


def say(node: World, team: int, text: str, key: str = "one") -> dict[str, Any]:
    return submit(node.ports.for_guess, node.content, asked(node, team, text, key))


def pay_hint(node: World, team: int, key: str = "one", order: int | None = None) -> TakenHint:
    return use_hint(node.for_hunt, node.content, hint_wish(node, team, key, "credit", order))


def pass_over(node: World, team: int, key: str = "one", once: str = "") -> dict[str, Any]:
    return skip(node.for_hunt, node.content, skip_wish(node, team, key, once))


def close(node: World, team: int, text: str, key: str = "one", once: str = "") -> dict[str, Any]:
    return use_close_answer(node.ports.for_guess, node.content, asked(node, team, text, key, once))


# --- hint ------------------------------------------------------------------------------------------------------------


def test_a_hint_for_xp_costs_fifty_and_neither_credit_nor_points(node: World) -> None:
    team = rich_team(node, credits=1, xp=60)
    assert pay_hint(node, team).totals == {"score": 0, "xp": 10, "hint_credits": 1}
    assert say(node, team, "owl")["points"] == 40
    assert node.all("SELECT kind FROM log") == [("powerup",)]
    assert ledger.compare(node.database) == []


def test_a_retry_of_a_hint_for_xp_is_free(node: World) -> None:
    team = rich_team(node, xp=100)
    assert [pay_hint(node, team, order=1).is_new for _ in range(3)] == [True, False, False]
    assert node.row(team).xp == 50


def test_a_hint_for_xp_waits_for_its_time_and_needs_a_hint(node: World) -> None:
    team = rich_team(node, credits=3, xp=100)
    for _ in range(2):
        take_hint(node.for_hunt, node.content, hint_wish(node, team))
    with pytest.raises(HintNotYetAvailable):
        pay_hint(node, team)
    with pytest.raises(NoHintLeft):
        pay_hint(node, team, "boss")
    assert node.row(team).xp == 100


def test_ten_at_once_with_xp_for_one_are_one_hint(node: World) -> None:
    team = rich_team(node, xp=99)
    results = at_once([lambda: pay_hint(node, team) for _ in range(10)])
    assert Counter(type(result).__name__ for result in results) == {"TakenHint": 1, "InsufficientXp": 9}
    assert balance(node, team) == (0, 49, 0)


# --- skip ------------------------------------------------------------------------------------------------------------


def test_a_skip_opens_what_it_was_in_the_way_of_and_earns_nothing(node: World) -> None:
    team = rich_team(node, xp=80)
    reply = pass_over(node, team)
    assert reply == {
        "skipped": True, "score": 0, "xp": 5, "hint_credits": 0,
        "unlocked": [{"kind": "puzzle", "title": "Boss", "url": "/game/puzzle/boss"}],
    }  # fmt: skip
    assert say(node, team, "bear", "boss")["verdict"] == "correct"
    assert node.count("solves", "puzzle_id = 'recOne'") == 0
    assert ledger.compare(node.database) == []


def test_a_skipped_puzzle_cannot_be_solved_for_points_later(node: World) -> None:
    team = rich_team(node, xp=100)
    pass_over(node, team)
    give(node, team, "xp", 75)
    for act in (lambda: say(node, team, "owl"), lambda: close(node, team, "owl")):
        with pytest.raises(AlreadySolved) as refused:
            act()
        assert refused.value.how == "skipped"
    assert balance(node, team) == (0, 100, 0)


def test_a_meta_and_the_anchor_are_not_skipped(node: World) -> None:
    team = rich_team(node, xp=100)
    with pytest.raises(PuzzleCannotBeSkipped):
        pass_over(node, team, "boss")
    node.settle(anchor_puzzle="two")
    with pytest.raises(PuzzleCannotBeSkipped):
        pass_over(node, team, "two")
    assert balance(node, team) == (0, 100, 0)
    assert node.count("skips") == 0


def test_the_same_key_again_gets_the_first_reply(node: World) -> None:
    team = rich_team(node, xp=80)
    first = pass_over(node, team, once="k1")
    node.clock.advance(3600)
    assert pass_over(node, team, once="k1") == first
    assert node.row(team).xp == 5
    with pytest.raises(AlreadySolved):
        pass_over(node, team, once="k2")


def test_a_key_of_a_guess_is_none_of_a_power_up(node: World) -> None:
    team = rich_team(node, xp=100)
    submit(node.ports.for_guess, node.content, asked(node, team, "hen", once="k1"))
    assert pass_over(node, team, once="k1")["skipped"] is True


def test_ten_skips_at_once_are_one(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        for one in (a, b):
            one.settle(xp=True)
        team = rich_team(a, xp=100)
        give(a, team, "xp", 100)
        results = at_once([lambda n=n: pass_over((a, b)[n % 2], team) for n in range(10)])
        assert Counter(type(result).__name__ for result in results) == {"dict": 1, "AlreadySolved": 9}
        assert (a.count("skips"), a.row(team).xp) == (1, 125)


def test_a_skip_and_a_solve_at_once_are_one_of_both(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        for one in (a, b):
            one.settle(xp=True)
        team = rich_team(a, xp=75)
        at_once([lambda: pass_over(a, team), lambda: say(b, team, "owl")])
        assert a.count("skips") + a.count("solves") == 1
        assert balance(a, team) in ((0, 0, 0), (40, 80, 0))


def test_the_teams_other_pages_hear_what_a_skip_opened(node: World) -> None:
    team = rich_team(node, xp=75)
    pass_over(node, team)
    assert [event for _, event, _ in node.ears.heard] == ["unlock", "score"]
    assert node.ears.events("score") == [{"score": 0, "xp": 0, "hint_credits": 0}]


# --- close answer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["ow", "owll", "oxl", "wol", "olw", "bowl", "Crow!"])
def test_a_near_answer_or_one_slip_solves_for_ten_points_less(node: World, text: str) -> None:
    team = rich_team(node, xp=100)
    reply = close(node, team, text)
    assert (reply["verdict"], reply["points"], reply["score"], reply["xp"]) == ("correct", 30, 30, 5)
    assert (reply["hint_credits"], reply["guesses_left"]) == (0, 9)
    assert node.all("SELECT verdict, text FROM guesses") == [("correct", None)]
    assert ledger.compare(node.database) == []


def test_a_close_answer_opens_what_a_solve_opens(node: World) -> None:
    team = rich_team(node, xp=100)
    assert [item["title"] for item in close(node, team, "owk")["unlocked"]] == ["Boss"]
    assert [event for _, event, _ in node.ears.heard] == ["guess", "solve", "unlock", "score"]


def test_a_right_answer_is_an_ordinary_solve_without_charge(node: World) -> None:
    team = rich_team(node, xp=100)
    reply = close(node, team, "owl")
    assert (reply["points"], reply["xp"]) == (40, 100)
    assert node.count("log") == 0


@pytest.mark.parametrize("text", ["hen", "o", "owlet", "fox", "wlo", "owlss"])
def test_what_is_not_near_is_an_ordinary_wrong_guess_without_charge(node: World, text: str) -> None:
    team = rich_team(node, xp=100)
    reply = close(node, team, text)
    assert (reply["verdict"], reply["xp"], reply["guesses_left"]) == ("wrong", 100, 9)
    assert node.all("SELECT verdict, text FROM guesses") == [("wrong", text)]
    assert close(node, team, text)["verdict"] == "repeat"
    assert node.count("guesses") == 1


def test_what_was_tried_before_may_be_bought_afterwards(node: World) -> None:
    team = rich_team(node, xp=100)
    assert say(node, team, "crow")["verdict"] == "close"
    hashed_so_far = len(node.hasher.checks)
    assert close(node, team, "crow")["points"] == 30
    assert len(node.hasher.checks) == hashed_so_far


def test_a_slip_that_was_tried_as_a_guess_may_be_bought_afterwards(node: World) -> None:
    team = rich_team(node, xp=100)
    assert say(node, team, "owk")["verdict"] == "wrong"
    assert close(node, team, "owk")["verdict"] == "correct"


def test_without_a_signature_only_near_answers_count(node: World) -> None:
    plain = replace(node.puzzle("one"), near="")
    node.in_force.put(power_content(2, puzzles=(plain, *node.content.puzzles[1:])))
    team = rich_team(node, xp=100)
    assert close(node, team, "owk")["verdict"] == "wrong"
    assert close(node, team, "crow")["verdict"] == "correct"


def test_too_little_xp_is_said_before_anything_is_judged(node: World) -> None:
    team = rich_team(node, xp=99)
    with pytest.raises(InsufficientXp) as refused:
        close(node, team, "owl")
    assert (refused.value.have, refused.value.need) == (99, 100)
    assert node.hasher.checks == []
    assert node.count("guesses") == 0
    assert say(node, team, "hen")["guesses_left"] == 9


def test_xp_that_has_grown_meanwhile_counts(node: World) -> None:
    team = rich_team(node, xp=90)
    say(node, team, "hen")
    node.clock.advance(3600)
    assert close(node, team, "owk")["xp"] == 5
    assert ledger.compare(node.database) == []


def test_close_answers_use_the_window_like_any_guess(node: World) -> None:
    team = rich_team(node, xp=100)
    for number in range(10):
        close(node, team, f"hen{number}")
    with pytest.raises(OutOfGuesses):
        close(node, team, "owl")
    with pytest.raises(OutOfGuesses):
        say(node, team, "owl")


def test_what_cannot_be_an_answer_is_refused(node: World) -> None:
    team = rich_team(node, xp=100)
    for text in ("", "!!!", "x" * 201):
        with pytest.raises(InvalidAnswer):
            close(node, team, text)
    assert balance(node, team) == (0, 100, 0)


def test_the_same_key_again_is_judged_once(node: World) -> None:
    team = rich_team(node, xp=100)
    first = close(node, team, "owk", once="k1")
    again = close(node, team, "owk", once="k1")
    assert (again["points"], again["reference"], again["xp"]) == (first["points"], first["reference"], 5)
    assert node.count("guesses") == 1


def test_two_close_answers_at_once_with_xp_for_one_charge_one(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        for one in (a, b):
            one.settle(xp=True)
        team = rich_team(a, xp=100)
        results = at_once([lambda: close(a, team, "owk"), lambda: close(b, team, "fix", "two")])
        assert Counter(type(result).__name__ for result in results) == {"dict": 1, "InsufficientXp": 1}
        assert a.count("solves") == 1
        assert a.row(team).xp == 5
        assert ledger.compare(a.database) == []


def test_a_full_hashing_queue_charges_nothing_and_gives_the_key_back(node: World) -> None:
    team = rich_team(node, xp=100)
    node.hasher.problem = HashingBusy()
    with pytest.raises(HashingBusy):
        close(node, team, "owk", once="k1")
    assert balance(node, team) == (0, 100, 0)
    node.hasher.problem = None
    assert close(node, team, "owk", once="k1")["verdict"] == "correct"


def test_a_slip_is_decided_once_for_all_teams(node: World) -> None:
    close(node, rich_team(node, xp=100), "owk")
    bats, hashed_so_far = rich_team(node, "Bats", xp=100), len(node.hasher.checks)
    assert close(node, bats, "owk")["verdict"] == "correct"
    assert len(node.hasher.checks) == hashed_so_far


def test_a_guess_of_another_length_is_never_hashed_for_a_slip(node: World) -> None:
    close(node, rich_team(node, xp=100), "nightingale")
    assert len(node.hasher.checks) == 2  # the answer and the near answer


def test_deciding_costs_at_most_one_hash_for_each_letter(node: World) -> None:
    close(node, rich_team(node, xp=100), "abcd")
    assert len(node.hasher.checks) == 2 + len(near_forms("abcd")[1:])


def test_a_signature_that_would_take_too_long_is_passed_over(node: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def cheap(salt: str, form: str) -> str:
        return bcrypt.hashpw(form.encode(), salt.replace("$31$", "$04$").encode()).decode()

    salt = bcrypt.gensalt(4).decode().replace("$04$", "$31$")
    costly = replace(node.puzzle("one"), near=signature("owl", salt, cheap))
    node.in_force.put(power_content(2, puzzles=(costly, *node.content.puzzles[1:])))
    # Such a hash would take days, and bcrypt cannot be interrupted.
    monkeypatch.setattr(node.hasher, "sign", lambda *_: pytest.fail("a form was hashed under the costly salt"))
    assert close(node, rich_team(node, xp=100), "owk")["verdict"] == "wrong"
    assert len(node.hasher.checks) == 2


# --- refusals that all share -----------------------------------------------------------------------------------------

ALL = {
    "hint": lambda node, team, key: pay_hint(node, team, key),
    "skip": lambda node, team, key: pass_over(node, team, key),
    "close": lambda node, team, key: close(node, team, "crow", key),
}


@pytest.fixture(params=ALL)
def act(request: pytest.FixtureRequest) -> Any:
    return ALL[request.param]


def untouched(node: World, team: int, xp: int) -> bool:
    rows = [node.count(table) for table in ("hints_taken", "skips", "guesses")]
    return balance(node, team)[1] == xp and sum(rows) == 0 and node.count("log") == 0


def test_with_xp_off_there_are_no_power_ups(node: World, act: Any) -> None:
    team = rich_team(node, xp=100)
    node.settle(xp=False)
    with pytest.raises(PowerUpsOff):
        act(node, team, "one")
    assert untouched(node, team, 100)


def test_with_too_little_xp_nothing_is_bought(node: World, act: Any) -> None:
    team = rich_team(node, xp=49)
    with pytest.raises(InsufficientXp) as refused:
        act(node, team, "one")
    assert refused.value.have == 49
    assert untouched(node, team, 49)


def test_after_the_end_nothing_is_bought(node: World, act: Any) -> None:
    team = rich_team(node, xp=100)
    node.settle(ends_at=node.clock.now())
    with pytest.raises(HuntOver):
        act(node, team, "one")
    assert untouched(node, team, 100)


def test_a_puzzle_that_is_passed_takes_no_power_up(node: World, act: Any) -> None:
    team = rich_team(node, xp=100)
    with node.database.writing() as connection:
        guess_queries.add_solve(connection, team, "recOne", node.clock.now(), 0, is_late=False)
        guess_queries.add_skip(connection, team, "recTwo", node.clock.now())
    for key, how in (("one", "solved"), ("two", "skipped")):
        with pytest.raises(AlreadySolved) as refused:
            act(node, team, key)
        assert refused.value.how == how
    assert node.row(team).xp == 100


def test_a_banned_team_buys_nothing(node: World, act: Any) -> None:
    team = node.add_team(is_banned=True)
    with pytest.raises(TeamGone):
        act(node, team, "one")


def test_every_power_up_is_one_line_in_the_log(node: World) -> None:
    team = rich_team(node, xp=100)
    give(node, team, "xp", 125)
    pay_hint(node, team)
    close(node, team, "crow")
    pass_over(node, team, "two")
    found = node.all("SELECT kind, puzzle_id, address FROM log ORDER BY id")
    assert found == [("powerup", "recOne", HERE), ("powerup", "recOne", HERE), ("powerup", "recTwo", HERE)]
    assert node.row(team).xp == 5
