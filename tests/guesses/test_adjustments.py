"""Solves, points, credits and XP set right by an organiser, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.database import ledger
from app.errors import TeamUnknown
from app.guesses.adjustments import AdjustmentInvalid, AlreadySolved, NotSolved, Wish, adjust, give_solve, take_solve
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one
        assert ledger.compare(one.database) == []


@pytest.fixture
def owls(node: World) -> int:
    return node.add_team("Owls")


def wish(team: int, reason: str = "a printer broke", once: str = "") -> Wish:
    return Wish(team, reason, "chief", "192.0.2.1", once)


def say(node: World, team: int, text: str, key: str) -> str:
    return str(submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), text, "", ""))["verdict"])


# --- totals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "amount", "after"),
    [
        ("points", 15, 15),
        ("points", -20, -20),
        ("credits", 3, 3),
        ("credits", -3, 0),
        ("xp", 30, 30),
        ("xp", 100, 100),
        ("xp", -5, 0),
    ],
)
def test_a_total_is_changed_by_a_ledger_row_with_its_reason(
    node: World, owls: int, kind: str, amount: int, after: int
) -> None:
    assert adjust(node.for_hunt, kind, amount, wish(owls)).after == after
    row = node.row(owls)
    assert {"points": row.score, "credits": row.hint_credits, "xp": row.xp}[kind] == after
    assert node.all("SELECT kind, amount, reason, actor FROM ledger") == (
        [(kind, after, "a printer broke", "chief")] if after else []
    )
    assert node.all("SELECT action, subject FROM audit") == [(f"team.{kind}", "The Owls")]


def test_xp_end_at_the_cap_and_the_answer_says_so(node: World, owls: int) -> None:
    adjust(node.for_hunt, "xp", 90, wish(owls))
    done = adjust(node.for_hunt, "xp", 50, wish(owls))
    assert (done.before, done.after) == (90, 100)


def test_xp_that_time_has_added_count_before_the_cap(node: World, owls: int) -> None:
    node.settle(xp=True)
    say(node, owls, "hen", "one")
    node.clock.advance(2 * 3600)
    assert adjust(node.for_hunt, "xp", 5, wish(owls)).before == 20


@pytest.mark.parametrize("reason", ["", "   ", "x" * 151, "a\0b", "\ud800"])
def test_a_reason_is_required(node: World, owls: int, reason: str) -> None:
    for act in (
        lambda: adjust(node.for_hunt, "points", 5, wish(owls, reason)),
        lambda: give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("one"), wish(owls, reason)),
        lambda: take_solve(node.for_hunt, node.content, "recOne", wish(owls, reason)),
    ):
        with pytest.raises(AdjustmentInvalid):
            act()
    assert node.count("ledger") + node.count("audit") == 0


@pytest.mark.parametrize(
    ("kind", "amount"), [("points", 0), ("points", 10**9), ("xp", 101), ("credits", -1001), ("password", 1)]
)
def test_what_cannot_be_meant_is_refused(node: World, owls: int, kind: str, amount: int) -> None:
    with pytest.raises(AdjustmentInvalid):
        adjust(node.for_hunt, kind, amount, wish(owls))


def test_a_form_sent_twice_counts_once(node: World, owls: int) -> None:
    results = at_once([lambda: adjust(node.for_hunt, "points", 10, wish(owls, once="k"))] * 4)
    assert sorted(one.is_new for one in results) == [False, False, False, True]
    assert node.row(owls).score == 10


def test_the_teams_pages_are_told(node: World, owls: int) -> None:
    adjust(node.for_hunt, "points", 10, wish(owls))
    assert node.ears.events("score") == [{"score": 10, "xp": 0, "hint_credits": 0}]


def test_nobody_has_nothing_to_change(node: World) -> None:
    for number in (0, 77, 10**30):
        with pytest.raises(TeamUnknown):
            adjust(node.for_hunt, "points", 10, wish(number))


# --- solves ----------------------------------------------------------------------------------------------------------


def test_a_solve_given_is_a_solve_like_any_other(node: World, owls: int) -> None:
    node.settle(xp=True)
    outcome = give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("boss"), wish(owls))
    assert outcome.points == 100
    assert {link["title"] for link in outcome.unlocked_links()} == {"Depths", "Deep"}
    assert (node.row(owls).score, node.row(owls).xp) == (100, 5)
    assert node.count("puzzle_tallies", "solves = 1") == 1
    assert [event for _, event, _ in node.ears.heard] == ["solve", "unlock", "score"]
    assert node.all("SELECT action FROM audit") == [("team.give_solve",)]
    with pytest.raises(AlreadySolved):
        give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("boss"), wish(owls))


def test_a_solve_taken_away_leaves_nothing_but_the_ledger(node: World, owls: int) -> None:
    node.settle(xp=True)
    say(node, owls, "owl", "one")
    say(node, owls, "bear", "boss")
    assert node.count("unlocks", "puzzle_id = 'recDeep'") == 1
    assert take_solve(node.for_hunt, node.content, "recBoss", wish(owls)) == 100
    assert (node.row(owls).score, node.row(owls).xp) == (40, 5)
    assert node.count("solves") == 1
    assert node.all("SELECT solves FROM puzzle_tallies WHERE puzzle_id = 'recBoss'") == [(0,)]
    assert node.all("SELECT amount, reason FROM ledger WHERE kind = 'points' ORDER BY id DESC LIMIT 1") == [
        (-100, "solve taken away: a printer broke")
    ]
    assert node.all("SELECT action FROM audit") == [("team.take_solve",)]


def test_what_the_solve_alone_had_opened_is_closed_and_opens_anew(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    say(node, owls, "bear", "boss")
    first = node.clock.now()
    take_solve(node.for_hunt, node.content, "recBoss", wish(owls))
    assert node.count("unlocks", "puzzle_id = 'recDeep'") == 0
    assert node.count("unlocks", "puzzle_id = 'recBoss'") == 1
    node.clock.advance(3600)
    assert say(node, owls, "bear", "boss") == "correct"
    ((again,),) = node.all("SELECT unlocked_at FROM unlocks WHERE puzzle_id = 'recDeep'")
    assert str(again)[:16] != str(first)[:16]
    assert str(again)[11:16] == (first + timedelta(hours=1)).strftime("%H:%M")


def test_a_puzzle_solved_behind_it_stays_solved(node: World, owls: int) -> None:
    for text, key in (("owl", "one"), ("bear", "boss"), ("eel", "deep")):
        say(node, owls, text, key)
    take_solve(node.for_hunt, node.content, "recBoss", wish(owls))
    assert node.row(owls).score == 70
    assert node.count("unlocks", "puzzle_id = 'recDeep'") == 1


def test_xp_spent_since_are_not_taken_twice(node: World, owls: int) -> None:
    node.settle(xp=True)
    say(node, owls, "owl", "one")
    adjust(node.for_hunt, "xp", -5, wish(owls))
    take_solve(node.for_hunt, node.content, "recOne", wish(owls))
    assert node.row(owls).xp == 0


def test_giving_and_taking_again_and_again_changes_nothing_in_the_end(node: World, owls: int) -> None:
    node.settle(xp=True)
    for _ in range(3):
        give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("one"), wish(owls))
        take_solve(node.for_hunt, node.content, "recOne", wish(owls))
    assert (node.row(owls).score, node.row(owls).xp, node.count("solves")) == (0, 0, 0)


def test_taking_the_same_solve_at_the_same_moment_takes_it_once(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    results = at_once([lambda: take_solve(node.for_hunt, node.content, "recOne", wish(owls))] * 4)
    assert [type(one) for one in results].count(NotSolved) == 3
    assert node.row(owls).score == 0


def test_a_solve_of_a_puzzle_that_left_the_content_can_be_taken(node: World, owls: int) -> None:
    with node.database.writing() as connection:
        from app.guesses import queries as guess_queries

        guess_queries.add_solve(connection, owls, "recGone", node.clock.now(), 10, is_late=False)
        ledger.book(connection, owls, "points", 10, "solve", node.clock.now(), "recGone")
    assert take_solve(node.for_hunt, node.content, "recGone", wish(owls)) == 10


def test_staff_are_not_counted_and_not_uncounted(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    staff = node.add_team("Staff", role="helper")
    give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("one"), wish(staff))
    take_solve(node.for_hunt, node.content, "recOne", wish(staff))
    assert node.all("SELECT solves FROM puzzle_tallies") == [(1,)]
