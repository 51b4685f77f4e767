"""The dashboard: who needs help first, then how the hunt is going, puzzle by puzzle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from app.broadcast import presence
from app.database.schema import Guess, HintRequest, Skip, Solve, Unlock
from app.ops.dashboard import oversee
from app.ops.dashboard_queries import PuzzleActivity
from app.ports import Ports
from tests.support.accounts import set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.demo_hunt import keeper as keeper
from tests.support.demo_hunt import world as world
from tests.support.organisers import add_account
from tests.support.pages import parsed


def puzzle_of(ports: Ports, key: str) -> str:
    puzzle = ports.in_force.content.puzzle(key)
    assert puzzle is not None
    return puzzle.id


def note(ports: Ports, table: Any, **row: Any) -> None:
    with ports.database.writing() as connection:
        connection.execute(insert(table).values(**row))


def work_on(ports: Ports, team: int, puzzle: str, minutes: int | None, guesses: int = 0) -> None:
    """A team opens a puzzle two hours ago, and solves it so many minutes later; its wrong guesses are recent."""
    opened = ports.clock.now() - timedelta(hours=2)
    note(ports, Unlock, team_id=team, puzzle_id=puzzle, unlocked_at=opened, viewed_at=opened)
    if minutes is not None:
        at = opened + timedelta(minutes=minutes)
        note(ports, Solve, team_id=team, puzzle_id=puzzle, solved_at=at, points=1, is_late=False)
    for number in range(guesses):
        row = {"guessed_at": ports.clock.now(), "verdict": "wrong", "digest": str(number), "text": "x"}
        note(ports, Guess, team_id=team, puzzle_id=puzzle, **row)


def test_each_puzzle_has_its_figures_and_the_median_is_over_all_who_solved_it(world: Ports) -> None:
    puzzle = puzzle_of(world, "postcard")
    teams = [add_account(world, name, division="teams") for name in ("a", "b", "c", "d", "e")]
    for team, minutes in zip(teams, (10, 20, 40, 80, None), strict=True):
        work_on(world, team, puzzle, minutes, guesses=1)
    # Neither staff nor the banned count, and a solve without a known opening has no time.
    work_on(world, add_account(world, "keeper2", "admin"), puzzle, 1, guesses=3)
    work_on(world, add_account(world, "gone", division="teams", is_banned=True), puzzle, 1, guesses=3)
    late = add_account(world, "late", division="teams")
    note(world, Solve, team_id=late, puzzle_id=puzzle, solved_at=world.clock.now(), points=1, is_late=False)
    for key in (f"{teams[0]}:{puzzle}", None):
        asked = {"state": "open", "asked_at": world.clock.now(), "open_key": key}
        note(world, HintRequest, team_id=teams[0], puzzle_id=puzzle, **asked)
    found = {one.id: figures for one, figures in oversee(world.database, world.in_force, world.clock).puzzles}
    assert found[puzzle] == PuzzleActivity(
        puzzle, opened=5, solved=5, wrong=5, recent_solves=2, asks=2, waiting=1, median_seconds=30 * 60
    )
    assert found[puzzle_of(world, "gauges")] == PuzzleActivity(puzzle_of(world, "gauges"))


@pytest.mark.parametrize(("guesses", "minutes", "is_suspect"), [(10, None, True), (9, None, False), (30, 90, False)])
def test_a_puzzle_that_many_guess_at_and_nobody_solves_is_named(
    world: Ports, guesses: int, minutes: int | None, is_suspect: bool
) -> None:
    work_on(world, add_account(world, "owls", division="teams"), puzzle_of(world, "gauges"), minutes, guesses)
    found = oversee(world.database, world.in_force, world.clock).suspects
    assert [one.key for one, _ in found] == (["gauges"] if is_suspect else [])


def test_who_needs_help_comes_first_with_the_age_of_the_oldest_question(
    keeper: PageClient, world: Ports, clock: FixedClock
) -> None:
    team, puzzle = add_account(world, "owls", division="teams"), puzzle_of(world, "gauges")
    note(world, HintRequest, team_id=team, puzzle_id=puzzle, state="open", asked_at=clock.now(), open_key="x")
    work_on(world, team, puzzle, None, guesses=12)
    clock.advance(12 * 60)
    page = parsed(keeper.get("/admin/").text)
    headings = [one.get_text() for one in page.select(".desk-main h2")]
    assert headings == ["Needs attention", "The hunt is running", "Puzzles", "Guesses and solves per minute"]
    assert "the oldest for 12 min" in page.select(".tally")[0].get_text()
    assert "12 wrong guesses" in page.get_text()


def test_the_organisers_menu_leads_to_the_statistics(keeper: PageClient) -> None:
    assert parsed(keeper.get("/admin/").text).select_one('.desk-nav a[href="/statistics"]') is not None


# --- stuck teams -----------------------------------------------------------------------------------------------------


def stuck(ports: Ports) -> list[str]:
    return [one.display_name for one in oversee(ports.database, ports.in_force, ports.clock).stuck]


def begin(ports: Ports, name: str = "owls", **more: Any) -> int:
    """A team that has just opened a puzzle."""
    team, puzzle = add_account(ports, name, **{"division": "teams"} | more), puzzle_of(ports, "postcard")
    note(ports, Unlock, team_id=team, puzzle_id=puzzle, unlocked_at=ports.clock.now(), viewed_at=ports.clock.now())
    return team


def guess(ports: Ports, team: int) -> None:
    row = {"guessed_at": ports.clock.now(), "verdict": "wrong", "digest": "x", "text": "x"}
    note(ports, Guess, team_id=team, puzzle_id=puzzle_of(ports, "postcard"), **row)


def solve(ports: Ports, team: int, key: str) -> None:
    at = ports.clock.now()
    note(ports, Solve, team_id=team, puzzle_id=puzzle_of(ports, key), solved_at=at, points=1, is_late=False)


def test_a_team_that_guesses_is_stuck_after_45_minutes_without_a_solve(world: Ports, clock: FixedClock) -> None:
    team = begin(world)
    clock.advance(44 * 60 + 59)
    guess(world, team)
    assert stuck(world) == []
    clock.advance(1)
    assert stuck(world) == ["The owls"]
    solve(world, team, "postcard")
    assert stuck(world) == []


def test_a_slow_team_is_stuck_only_after_twice_its_own_median_gap(world: Ports, clock: FixedClock) -> None:
    team = begin(world)
    for key, minutes in (("postcard", 30), ("gauges", 40), ("manifest", 90)):
        clock.advance(minutes * 60)
        solve(world, team, key)
    clock.advance(79 * 60)
    guess(world, team)
    assert stuck(world) == []
    clock.advance(60)
    assert stuck(world) == ["The owls"]


def test_a_team_whose_page_is_open_is_stuck_without_a_guess_and_one_that_left_is_not(
    world: Ports, clock: FixedClock
) -> None:
    here, gone = begin(world), begin(world, "bats")
    guess(world, gone)
    clock.advance(61 * 60)
    presence.report(world.database, clock.now(), "a", 1, [here])
    assert stuck(world) == ["The owls"]


def test_a_skip_counts_as_progress_and_staff_and_the_banned_are_never_stuck(world: Ports, clock: FixedClock) -> None:
    team, staff, banned = begin(world), begin(world, "aide", role="helper"), begin(world, "gone", is_banned=True)
    clock.advance(50 * 60)
    for one in (team, staff, banned):
        guess(world, one)
    assert stuck(world) == ["The owls"]
    note(world, Skip, team_id=team, puzzle_id=puzzle_of(world, "gauges"), skipped_at=clock.now())
    assert stuck(world) == []


def test_a_team_with_nothing_open_is_not_stuck(world: Ports, clock: FixedClock) -> None:
    team = begin(world)
    for puzzle in world.in_force.content.puzzles:
        solve(world, team, puzzle.key)
    clock.advance(3 * 3600)
    guess(world, team)
    assert stuck(world) == []


def test_nobody_is_stuck_before_the_start_or_after_the_end(keeper: PageClient, world: Ports, clock: FixedClock) -> None:
    team = begin(world)
    clock.advance(50 * 60)
    guess(world, team)
    for name, at in (("starts_at", clock.now() + timedelta(hours=1)), ("ends_at", clock.now() - timedelta(minutes=1))):
        set_now(world, **{name: at.isoformat()})
        keeper.get("/")
        assert stuck(world) == []
        set_now(world, **{name: ""})
    keeper.get("/")
    assert stuck(world) == ["The owls"]
