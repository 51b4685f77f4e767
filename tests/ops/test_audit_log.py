"""The proof that totals equal ledgers, and that it fails when they do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.database import ledger
from app.ops.audit_log import Difference, find_differences
from app.ports import Ports
from tests.support.clock import NOON, FixedClock
from tests.support.small_hunt import FIRST, add_team, change_team, ports_on, solve, stock


@pytest.fixture
def ports(database: str, clock: FixedClock) -> Iterator[Ports]:
    with ports_on(database, clock) as ports:
        stock(ports)
        yield ports


def test_booked_totals_equal_their_ledgers(ports: Ports) -> None:
    team = add_team(ports, "one")
    add_team(ports, "idle")
    solve(ports, team, FIRST, NOON)
    with ports.database.writing() as connection:
        ledger.book(connection, team, "xp", 40, "hours", NOON)
        ledger.book(connection, team, "credits", 2, "grant", NOON)
        ledger.book(connection, team, "credits", -1, "hint", NOON)
    assert find_differences(ports.database) == []


@pytest.mark.parametrize(("column", "kind"), [("score", "points"), ("xp", "xp"), ("hint_credits", "credits")])
def test_a_total_that_was_moved_without_the_ledger_is_found(ports: Ports, column: str, kind: str) -> None:
    add_team(ports, "honest")
    team = add_team(ports, "odd")
    change_team(ports, team, **{column: 7})
    assert find_differences(ports.database) == [Difference(team, "odd", kind, 7, 0)]
