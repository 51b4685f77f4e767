"""Hint credits by hand and by the schedule: who gets how many, and each grant once; on both databases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, insert

from app.core.schedule import HintSchedule
from app.database import ledger
from app.database.schema import Team
from app.hints.credits import GrantInvalid, grant_credits, run_schedule
from tests.support.clock import NOON, FixedClock
from tests.support.powers import give
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def credits(node: World) -> dict[str, int]:
    return dict(node.all("SELECT name, hint_credits FROM teams"))  # type: ignore[arg-type]


def every_six_hours(node: World) -> None:
    node.settle(starts_at=NOON, hint_schedule=HintSchedule(NOON + timedelta(hours=2), 6))


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_a_grant_reaches_one_team_a_division_or_all_that_compete(node: World) -> None:
    owls = node.add_team()
    node.add_team("Bats", division="quiet")
    node.add_team("Hermes", role="helper")
    assert grant_credits(node.for_hunt, f"team:{owls}", 2, "ada") == 1
    assert grant_credits(node.for_hunt, "division:quiet", 5, "ada") == 1
    assert grant_credits(node.for_hunt, "all", 1, "ada") == 2
    assert credits(node) == {"Owls": 3, "Bats": 6, "Hermes": 0}
    assert ledger.compare(node.database) == []


def test_a_grant_is_booked_with_its_reason_and_audited(node: World) -> None:
    owls = node.add_team()
    grant_credits(node.for_hunt, f"team:{owls}", 2, "ada", reason="a broken picture", address="198.51.100.1")
    assert node.all("SELECT reason, actor, amount FROM ledger") == [("grant: a broken picture", "ada", 2)]
    ((action, subject, address, details),) = node.all("SELECT action, subject, address, details FROM audit")
    assert (action, subject, address) == ("grant credits", f"team:{owls}", "198.51.100.1")
    told = json.loads(details) if isinstance(details, str) else details
    assert told == {"amount": 2, "teams": 1, "reason": "a broken picture"}
    assert node.ears.events("score") == [{"score": 0, "xp": 0, "hint_credits": 2}]


def test_taking_credits_away_ends_at_nothing(node: World) -> None:
    owls, bats = node.add_team(), node.add_team("Bats")
    give(node, owls, "credits", 5)
    give(node, bats, "credits", 1)
    node.add_team("Cats")
    assert grant_credits(node.for_hunt, "all", -3, "ada") == 2
    assert credits(node) == {"Owls": 2, "Bats": 0, "Cats": 0}
    assert ledger.compare(node.database) == []


def test_the_same_form_sent_twice_grants_once(node: World) -> None:
    owls = node.add_team()
    for expected in (1, 0):
        assert grant_credits(node.for_hunt, "all", 2, "ada", once="k1") == expected
    assert grant_credits(node.for_hunt, "all", 2, "ada", once="k2") == 1
    assert node.row(owls).hint_credits == 4
    assert ledger.compare(node.database) == []


@pytest.mark.parametrize(
    ("audience", "amount"),
    [
        ("all", 0), ("all", 1001), ("all", -1001), ("team:9", 1), ("team:", 1), ("team:x", 1), ("team:-1", 1),
        ("team:" + "9" * 40, 1), ("division:nowhere", 1), ("division:", 1), ("everybody", 1), ("", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_granted_changes_nothing(node: World, audience: str, amount: int) -> None:
    node.add_team()
    with pytest.raises(GrantInvalid):
        grant_credits(node.for_hunt, audience, amount, "ada")
    assert (credits(node), node.count("ledger"), node.count("audit")) == ({"Owls": 0}, 0, 0)


# --- by the schedule -------------------------------------------------------------------------------------------------


def test_the_schedule_gives_one_credit_at_its_time_and_then_every_n_hours(node: World) -> None:
    every_six_hours(node)
    node.add_team()
    given = []
    for hours in (1.99, 0.01, 5.99, 0.01, 12):
        node.clock.advance(hours * 3600)
        given.append(run_schedule(node.for_hunt))
    assert given == [0, 1, 0, 1, 2]
    assert credits(node) == {"Owls": 4}
    assert node.ears.events("score")[-1]["hint_credits"] == 4
    assert ledger.compare(node.database) == []


def test_running_it_again_gives_nothing(node: World) -> None:
    every_six_hours(node)
    node.add_team()
    node.clock.advance(9 * 3600)
    assert [run_schedule(node.for_hunt) for _ in range(3)] == [2, 0, 0]
    assert node.count("ledger") == 2


def test_a_team_that_comes_late_gets_all_that_were_due(node: World) -> None:
    every_six_hours(node)
    node.add_team()
    node.clock.advance(9 * 3600)
    run_schedule(node.for_hunt)
    node.add_team("Bats")
    assert run_schedule(node.for_hunt) == 2
    assert credits(node) == {"Owls": 2, "Bats": 2}


def test_staff_are_given_none(node: World) -> None:
    every_six_hours(node)
    node.add_team("Hermes", role="helper")
    node.clock.advance(9 * 3600)
    assert run_schedule(node.for_hunt) == 0


def test_without_a_schedule_nothing_is_given_and_nothing_is_asked(node: World) -> None:
    node.add_team()
    statements: list[str] = []
    event.listen(Engine, "before_cursor_execute", listener := lambda *args: statements.append(args[2]))
    try:
        assert run_schedule(node.for_hunt) == 0
    finally:
        event.remove(Engine, "before_cursor_execute", listener)
    assert statements == []


def test_nothing_falls_due_after_the_end(node: World) -> None:
    every_six_hours(node)
    node.settle(ends_at=NOON + timedelta(hours=9))
    node.add_team()
    node.clock.advance(48 * 3600)
    assert run_schedule(node.for_hunt) == 2


def test_a_schedule_that_is_changed_takes_nothing_back_and_gives_no_number_twice(node: World) -> None:
    every_six_hours(node)
    node.add_team()
    node.clock.advance(9 * 3600)
    run_schedule(node.for_hunt)
    node.settle(hint_schedule=HintSchedule(NOON + timedelta(hours=8), 24))
    assert run_schedule(node.for_hunt) == 0
    node.settle(hint_schedule=HintSchedule(NOON, 3))
    assert run_schedule(node.for_hunt) == 2  # due at 12, 15, 18 and 21 o'clock; two were given
    assert credits(node) == {"Owls": 4}


def test_a_credit_by_hand_is_not_taken_for_one_of_the_schedule(node: World) -> None:
    every_six_hours(node)
    owls = node.add_team()
    grant_credits(node.for_hunt, f"team:{owls}", 3, "ada", reason="schedule")
    node.clock.advance(2 * 3600)
    assert run_schedule(node.for_hunt) == 1


def test_three_nodes_at_once_give_each_grant_once(database: str, clock: FixedClock) -> None:
    with world(database, clock) as a, world(database, clock) as b, world(database, clock) as c:
        for one in (a, b, c):
            every_six_hours(one)
        for number in range(10):
            a.add_team(f"Team{number}")
        clock.advance(9 * 3600)
        results = at_once([lambda one=one: run_schedule(one.for_hunt) for one in (a, b, c, a, b, c)])
        assert Counter(results) == {20: 1, 0: 5}
        assert set(credits(a).values()) == {2}
        assert ledger.compare(a.database) == []


def test_two_thousand_teams_cost_a_few_statements(node: World) -> None:
    every_six_hours(node)
    rows = [
        {"name": f"T{n}", "name_key": f"t{n}", "display_name": f"T{n}", "display_key": f"t{n}", "division": "open",
         "created_at": NOON, "emails": [], "guess_times": []}
        for n in range(2000)
    ]  # fmt: skip
    with node.database.writing() as connection:
        connection.execute(insert(Team), rows)
    node.clock.advance(2 * 3600)
    statements: list[str] = []
    event.listen(Engine, "before_cursor_execute", listener := lambda *args: statements.append(args[2]))
    try:
        assert run_schedule(node.for_hunt) == 2000
    finally:
        event.remove(Engine, "before_cursor_execute", listener)
    assert len(statements) < 20
    assert set(credits(node).values()) == {1}
