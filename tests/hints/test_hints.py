"""Hints for credits and for points: order, price, time, and taking one twice; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.core.hint_rules import HintNotYetAvailable, NoCreditsLeft, NoHintLeft
from app.database import ledger
from app.guesses import queries as guess_queries
from app.guesses.guards import AlreadySolved, HuntOver, TeamGone
from app.guesses.submission import submit
from app.hints.hints import HintOutOfOrder, Pay, PointsHintsOff, TakenHint, take_hint
from tests.support.clock import FixedClock
from tests.support.powers import HERE, HINTS, asked, balance, give, hint_wish, power_content, rich_team
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, power_content()) as one:
        yield one


def take(node: World, team: int, key: str = "one", pay: Pay = "credit", order: int | None = None) -> TakenHint:
    return take_hint(node.for_hunt, node.content, hint_wish(node, team, key, pay, order))


def test_hints_come_in_order_at_their_price(node: World) -> None:
    team = rich_team(node, credits=4)
    assert take(node, team).as_json() == {
        "hint": {"order": 1, "html": "<p>It flies.</p>"}, "score": 0, "xp": 0, "hint_credits": 3,
    }  # fmt: skip
    assert take(node, team).as_json()["hint_credits"] == 1
    assert node.all("SELECT amount, reason FROM ledger WHERE reason = 'hint' ORDER BY id") == [
        (-1, "hint"),
        (-2, "hint"),
    ]
    assert ledger.compare(node.database) == []


def test_too_few_credits_take_nothing(node: World) -> None:
    team = rich_team(node, credits=2)
    take(node, team)
    with pytest.raises(NoCreditsLeft) as refused:
        take(node, team)
    assert (refused.value.have, refused.value.need) == (1, 2)
    assert balance(node, team) == (0, 0, 1)
    assert node.count("hints_taken") == 1


def test_the_same_hint_again_is_free(node: World) -> None:
    team = rich_team(node, credits=3)
    first = take(node, team, order=1)
    again = take(node, team, order=1)
    assert (first.is_new, again.is_new) == (True, False)
    assert (first.html, dict(first.totals)) == (again.html, dict(again.totals))
    assert balance(node, team) == (0, 0, 2)
    assert node.count("log", "kind = 'hint'") == 1


def test_a_hint_that_is_not_next_is_not_given_instead(node: World) -> None:
    team = rich_team(node, credits=5)
    for order in (2, 3, 9999):
        with pytest.raises(HintOutOfOrder):
            take(node, team, order=order)
    assert balance(node, team) == (0, 0, 5)


def test_twenty_at_once_with_one_credit_are_one_hint(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        team = rich_team(a, credits=1)
        results = at_once([lambda n=n: take((a, b)[n % 2], team) for n in range(20)])
        assert Counter(type(result).__name__ for result in results) == {"TakenHint": 1, "NoCreditsLeft": 19}
        assert (a.count("hints_taken"), a.row(team).hint_credits) == (1, 0)
        assert ledger.compare(a.database) == []


def test_twenty_who_press_the_same_button_all_see_the_hint_and_pay_once(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        team = rich_team(a, credits=1)
        results = at_once([lambda n=n: take((a, b)[n % 2], team, order=1) for n in range(20)])
        assert Counter(result.is_new for result in results) == {True: 1, False: 19}
        assert (a.count("hints_taken"), a.row(team).hint_credits) == (1, 0)


def test_a_timed_hint_waits_from_the_moment_the_puzzle_opened(node: World) -> None:
    team = rich_team(node, credits=3)
    take(node, team)
    take(node, team)
    node.clock.advance(30 * 60 - 1)
    with pytest.raises(HintNotYetAvailable) as refused:
        take(node, team)
    assert (refused.value.at - node.clock.now()).total_seconds() == 1
    node.clock.advance(1)
    assert take(node, team).order == 3


def test_the_wait_begins_with_the_recorded_opening(node: World) -> None:
    team = rich_team(node, credits=9)
    node.clock.advance(3600)
    with node.database.writing() as connection:
        guess_queries.record_unlocks(connection, team, {"recOne": node.clock.now()})
    take(node, team)
    take(node, team)
    with pytest.raises(HintNotYetAvailable):
        take(node, team)


def test_a_hint_without_price_is_free_however_it_is_asked_for(node: World) -> None:
    node.settle(points_hints=True)
    team = rich_team(node, credits=3)
    take(node, team)
    take(node, team)
    node.clock.advance(3600)
    take(node, team, pay="points")
    assert node.all("SELECT paid, price FROM hints_taken WHERE hint_id = 'recH3'") == [("free", 0)]


def test_when_all_are_taken_there_is_none_left(node: World) -> None:
    team = rich_team(node, credits=1)
    take(node, team, "two")
    with pytest.raises(NoHintLeft):
        take(node, team, "two")
    with pytest.raises(NoHintLeft):
        take(node, team, "boss")


def test_a_points_hint_is_charged_when_the_puzzle_is_solved(node: World) -> None:
    node.settle(points_hints=True)
    team = rich_team(node)
    take(node, team, pay="points")
    take(node, team, pay="points")
    assert balance(node, team) == (0, 0, 0)
    assert submit(node.ports.for_guess, node.content, asked(node, team, "owl"))["points"] == 20
    assert ledger.compare(node.database) == []


def test_points_hints_exist_only_where_they_are_switched_on(node: World) -> None:
    team = rich_team(node, credits=1)
    with pytest.raises(PointsHintsOff):
        take(node, team, pay="points")
    assert node.count("hints_taken") == 0


@pytest.mark.parametrize(("answer", "how"), [("owl", "solved"), ("", "skipped")])
def test_a_passed_puzzle_gives_no_new_hints_but_shows_the_old(node: World, answer: str, how: str) -> None:
    team = rich_team(node, credits=5)
    take(node, team)
    if answer:
        submit(node.ports.for_guess, node.content, asked(node, team, answer))
    else:
        with node.database.writing() as connection:
            guess_queries.add_skip(connection, team, "recOne", node.clock.now())
    with pytest.raises(AlreadySolved) as refused:
        take(node, team)
    assert refused.value.how == how
    assert take(node, team, order=1).is_new is False
    assert node.row(team).hint_credits == 4


def test_after_the_end_no_hint_is_given(node: World) -> None:
    team = rich_team(node, credits=1)
    node.settle(ends_at=node.clock.now())
    with pytest.raises(HuntOver):
        take(node, team)
    assert node.row(team).hint_credits == 1


def test_a_banned_team_takes_nothing(node: World) -> None:
    with pytest.raises(TeamGone):
        take(node, node.add_team(is_banned=True))


def test_a_hint_that_moved_in_the_content_is_not_taken_twice(node: World) -> None:
    team = rich_team(node, credits=5)
    take(node, team)
    first = replace(node.puzzle("one"), hints=(replace(HINTS[0], order=2), replace(HINTS[1], order=1)))
    node.in_force.put(power_content(2, puzzles=(first, *node.content.puzzles[1:])))
    assert take(node, team).html == "<p>At night.</p>"
    with pytest.raises(NoHintLeft):
        take(node, team)


def test_the_teams_other_pages_and_the_log_hear_of_a_hint(node: World) -> None:
    team = rich_team(node, credits=1)
    take(node, team)
    assert node.ears.heard == [
        (f"team:{team}", "hint", {"puzzle": "one", "order": 1}),
        (f"team:{team}", "score", {"score": 0, "xp": 0, "hint_credits": 0}),
    ]
    assert node.all("SELECT kind, puzzle_id, address FROM log") == [("hint", "recOne", HERE)]


def test_what_another_puzzle_or_team_has_does_not_count(node: World) -> None:
    owls, bats = rich_team(node, credits=2), rich_team(node, "Bats", credits=1)
    take(node, owls)
    assert take(node, bats).is_new
    assert take(node, owls, "two").order == 1


def test_xp_is_told_as_it_is_at_this_moment(node: World) -> None:
    node.settle(xp=True)
    team = rich_team(node, credits=1)
    submit(node.ports.for_guess, node.content, asked(node, team, "hen"))
    node.clock.advance(2 * 3600)
    give(node, team, "points", 7)
    assert take(node, team).totals == {"score": 7, "xp": 20, "hint_credits": 0}
