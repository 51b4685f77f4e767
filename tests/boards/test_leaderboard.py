"""Boards: who is on them, how old they may be, who builds them, and what the freeze shows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from app.boards import leaderboard
from app.boards.leaderboard import BoardSnapshot, board
from app.boards.snapshots import from_text, to_text
from app.database import snapshots
from app.ports import Ports
from app.settings import service as settings_service
from tests.support.clock import NOON, FixedClock
from tests.support.small_hunt import (
    CONTENT,
    FIRST,
    HIDDEN,
    META,
    SECOND,
    SOLO,
    TEAMS,
    add_team,
    change_team,
    names,
    ports_on,
    solve,
    stock,
)


@pytest.fixture
def ports(database: str, clock: FixedClock) -> Iterator[Ports]:
    with ports_on(database, clock) as ports:
        stock(ports)
        yield ports


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def live(ports: Ports, division: object = TEAMS) -> BoardSnapshot:
    return board(ports.database, ports.in_force, ports.clock, CONTENT, division, is_frozen=False)


def frozen(ports: Ports) -> BoardSnapshot:
    return board(ports.database, ports.in_force, ports.clock, CONTENT, TEAMS, is_frozen=True)


@contextmanager
def builds(ports: Ports) -> Iterator[list[str]]:
    """Every statement that works out a board anew."""
    heard: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "solved_here" in statement:
            heard.append(statement)

    event.listen(ports.database.engine, "before_cursor_execute", listen)
    yield heard
    event.remove(ports.database.engine, "before_cursor_execute", listen)


def test_by_finish_the_earliest_at_the_final_puzzle_leads_whatever_the_points(ports: Ports) -> None:
    rich, quick, slow = (add_team(ports, name) for name in ("rich", "quick", "slow"))
    solve(ports, rich, FIRST, after(1), points=500)
    solve(ports, slow, META, after(9))
    solve(ports, quick, META, after(5))
    assert names(live(ports).rows) == ["quick", "slow", "rich"]
    assert [row.rank for row in live(ports).rows] == [1, 2, 3]
    assert live(ports).rows[0].finished_at == after(5)


def test_by_points_the_richest_leads_and_the_older_last_solve_breaks_the_tie(ports: Ports) -> None:
    settings_service.change_setting(ports.database, ports.in_force, ports.clock, "ranking", "points", "test")
    late, early, rich = (add_team(ports, name) for name in ("late", "early", "rich"))
    solve(ports, late, FIRST, after(9))
    solve(ports, early, FIRST, after(3))
    solve(ports, rich, SECOND, after(10))
    assert names(live(ports).rows) == ["rich", "early", "late"]


def test_equals_stand_in_the_order_of_their_ids(ports: Ports) -> None:
    for name in ("c", "a", "b"):
        add_team(ports, name)
    assert names(live(ports).rows) == ["c", "a", "b"]


def test_banned_teams_staff_and_other_divisions_are_not_on_the_board(ports: Ports) -> None:
    add_team(ports, "ours")
    add_team(ports, "banned", is_banned=True)
    add_team(ports, "solitaire", "solo")
    for role in ("helper", "writer", "admin"):
        add_team(ports, role, role=role)
    assert names(live(ports).rows) == ["ours"]
    assert names(live(ports, HIDDEN).rows) == []


def test_an_unranked_board_lists_by_display_name_and_tells_no_figures(ports: Ports) -> None:
    for name in ("zebra", "Anna", "moth"):
        solve(ports, add_team(ports, name, "solo"), META, after(1))
    listed = live(ports, SOLO)
    assert names(listed.rows) == ["Anna", "moth", "zebra"]
    assert {(row.rank, row.score, row.solved, row.finished_at) for row in listed.rows} == {(None, None, None, None)}
    assert listed.changes == ()


def test_badges_tell_all_puzzles_the_final_and_the_last(ports: Ports) -> None:
    complete, started = add_team(ports, "complete"), add_team(ports, "started")
    for puzzle in (FIRST, SECOND, META):
        solve(ports, complete, puzzle, after(1))
    solve(ports, started, FIRST, after(1))
    assert [row.badges for row in live(ports).rows] == [("all", "final", "last"), ()]


def test_a_solve_after_the_end_is_not_counted(ports: Ports) -> None:
    solve(ports, add_team(ports, "late"), META, after(1), points=0, is_late=True)
    (row,) = live(ports).rows
    assert (row.solved, row.finished_at, row.badges) == (0, None, ())


def test_the_frozen_board_is_the_board_as_it_was_then(ports: Ports) -> None:
    one, two = add_team(ports, "one"), add_team(ports, "two")
    solve(ports, one, FIRST, after(1))
    before = live(ports)
    settings_service.change_setting(
        ports.database, ports.in_force, ports.clock, "freeze_at", after(10).isoformat(), "test"
    )
    solve(ports, two, META, after(10))
    solve(ports, one, SECOND, after(11))
    assert frozen(ports).rows == before.rows
    assert frozen(ports).changes == ((one, after(1), 10),)
    assert names(live(ports).rows) == ["two", "one"]
    assert (frozen(ports).is_frozen, live(ports).is_frozen) == (True, False)


def test_points_taken_away_before_the_freeze_are_gone_on_the_frozen_board(ports: Ports) -> None:
    from app.database import ledger

    team = add_team(ports, "team")
    solve(ports, team, SECOND, after(1))
    with ports.database.writing() as connection:
        ledger.book(connection, team, "points", -5, "mistake of ours", after(2))
    settings_service.change_setting(
        ports.database, ports.in_force, ports.clock, "freeze_at", after(3).isoformat(), "test"
    )
    assert frozen(ports).rows[0].score == 15


def test_a_board_is_built_once_and_served_until_it_is_five_seconds_old(ports: Ports, clock: FixedClock) -> None:
    with builds(ports) as built:
        for _ in range(20):
            live(ports)
        clock.advance(3.9)
        assert live(ports).at == NOON
        assert len(built) == 1
        clock.advance(1.1)
        assert live(ports).at == NOON + timedelta(seconds=5)
        assert len(built) == 2


def test_a_ban_shows_within_five_seconds(ports: Ports, clock: FixedClock) -> None:
    team = add_team(ports, "cheat")
    assert names(live(ports).rows) == ["cheat"]
    change_team(ports, team, is_banned=True)
    clock.advance(5)
    assert names(live(ports).rows) == []


def test_another_node_is_served_what_the_first_has_built(database: str, ports: Ports, clock: FixedClock) -> None:
    add_team(ports, "team")
    first = live(ports)
    with ports_on(database, clock) as elsewhere:
        stock(elsewhere)
        clock.advance(2)
        with builds(elsewhere) as built:
            assert live(elsewhere) == first
        assert built == []


def test_many_who_ask_at_once_cause_one_build(database: str, ports: Ports, clock: FixedClock) -> None:
    add_team(ports, "team")
    with ports_on(database, clock) as elsewhere:
        stock(elsewhere)
        nodes, found = (ports, elsewhere), []
        with builds(ports) as here, builds(elsewhere) as there:
            gate = threading.Barrier(12)

            def ask(node: Ports) -> None:
                gate.wait()
                found.append(live(node))

            asking = [threading.Thread(target=ask, args=(nodes[number % 2],)) for number in range(12)]
            for thread in asking:
                thread.start()
            for thread in asking:
                thread.join(60)
        assert len(here) + len(there) == 1
    assert len(found) == 12
    assert len(set(map(to_text, found))) == 1


def test_while_one_builds_the_others_are_served_the_board_of_four_seconds_ago(
    ports: Ports, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = live(ports)
    clock.advance(4.5)
    building, proceed = threading.Event(), threading.Event()
    true_build = leaderboard._build

    def slow_build(*everything: object) -> BoardSnapshot:
        building.set()
        assert proceed.wait(60)
        return true_build(*everything)  # type: ignore[arg-type]

    monkeypatch.setattr(leaderboard, "_build", slow_build)
    builder = threading.Thread(target=lambda: live(ports))
    builder.start()
    assert building.wait(60)
    assert live(ports) is old
    proceed.set()
    builder.join(60)
    assert live(ports).at == NOON + timedelta(seconds=4.5)


def test_a_changed_setting_is_not_answered_with_the_old_board(ports: Ports) -> None:
    one, two = add_team(ports, "finisher"), add_team(ports, "collector")
    solve(ports, one, META, after(1), points=1)
    solve(ports, two, FIRST, after(1))
    assert names(live(ports).rows) == ["finisher", "collector"]
    settings_service.change_setting(ports.database, ports.in_force, ports.clock, "ranking", "points", "test")
    assert names(live(ports).rows) == ["collector", "finisher"]


def test_a_clock_that_is_set_back_does_not_keep_a_board_for_ever(ports: Ports, clock: FixedClock) -> None:
    live(ports)
    clock.set_wall(NOON - timedelta(hours=1))
    assert live(ports).at == NOON - timedelta(hours=1)


def test_a_snapshot_of_another_release_is_built_anew(ports: Ports) -> None:
    with snapshots.building(ports.database, "board:teams:live") as building:
        building.keep(NOON, '{"another": "shape"}')
    assert live(ports).code == "teams"


def test_a_board_is_read_back_as_it_was_written(ports: Ports) -> None:
    team = add_team(ports, "<b>“∞”</b>")
    solve(ports, team, META, after(1))
    assert from_text(to_text(live(ports))) == live(ports)


def test_the_chart_merges_what_happened_close_together_and_loses_no_point(ports: Ports) -> None:
    from app.database import ledger

    team = add_team(ports, "busy")
    with ports.database.writing() as connection:
        for number in range(200):
            ledger.book(connection, team, "points", 3, "again", after(number))
    changes = live(ports).changes
    assert len(changes) <= leaderboard.STEPS
    assert sum(amount for _, _, amount in changes) == 600
    assert changes[-1][1] == after(199)
    assert leaderboard.changes_of(ports.database, ports.in_force, team, is_frozen=False) == changes
