"""Statistics: whom they are for and when, what is counted, and that no right answer is ever among them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.content.refresh import catch_up
from app.guesses.queries import add_solve, record_unlocks
from app.guesses.submission import NewGuess, submit
from app.hints import queries as hint_queries
from app.ports import Ports
from app.web.template_globals import in_words
from tests.support.accounts import in_play, set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.organisers import add_account, enter
from tests.support.world import hashed


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def stranger(app: Flask, world: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    return client


def tries(world: Ports, team: int, key: str, *answers: str) -> None:
    content = world.in_force.content
    for answer in answers:
        submit(world.for_guess, content, NewGuess(team, content.puzzles_by_key[key], answer, "", ""))


def opens_now(world: Ports, *teams: int) -> None:
    """Write down that the first puzzle opened for these teams at this moment."""
    with world.database.writing() as connection:
        for team in teams:
            record_unlocks(connection, team, {"recOne": world.clock.now()})


def end(world: Ports, clock: FixedClock) -> None:
    set_now(world, ends_at=clock.now().isoformat())
    catch_up(world.database, world.in_force)
    clock.advance(1)


def line_of(reply: Any, title: str) -> list[str]:
    soup = BeautifulSoup(reply.text, "html5lib")
    row = next(row for row in soup.select("table.board tr") if row.th and row.th.get_text() == title)
    return [" ".join(cell.get_text(" ").split()) for cell in row.select("td")]


def test_the_figures_are_for_everybody_after_the_end_and_for_staff_before(
    app: Flask, world: Ports, stranger: PageClient, clock: FixedClock
) -> None:
    assert stranger.get("/statistics").status_code == 403
    assert "Only staff can see this page until the hunt is over" in enter(app, "aide", "helper").get("/statistics").text
    end(world, clock)
    assert stranger.get("/statistics").status_code == 200
    assert 'href="/statistics"' in stranger.get("/").text


def test_a_frozen_board_is_not_given_away(world: Ports, stranger: PageClient, clock: FixedClock) -> None:
    set_now(world, freeze_at=clock.now().isoformat())
    end(world, clock)
    assert stranger.get("/statistics").status_code == 403
    set_now(world, freeze_at="")
    assert stranger.get("/statistics").status_code == 200


def test_solvers_the_fastest_and_late_solves_are_counted_apart(
    world: Ports, stranger: PageClient, clock: FixedClock
) -> None:
    quick, slow, late = (add_account(world, name) for name in ("quick", "slow", "late"))
    opens_now(world, quick, slow)
    clock.advance(90)
    tries(world, quick, "one", "owl")
    clock.advance(3600)
    tries(world, slow, "one", "owl")
    end(world, clock)
    tries(world, late, "one", "owl")
    figures = line_of(stranger.get("/statistics"), "One")
    assert figures == ["2", "67 %", "1", "1 min The quick", "–"]
    assert line_of(stranger.get("/statistics"), "The late")[:2] == ["0", "○ after the end"]
    assert line_of(stranger.get("/statistics"), "The quick")[:2] == ["1", "● solved"]


def test_banned_teams_and_staff_are_not_counted(world: Ports, stranger: PageClient, clock: FixedClock) -> None:
    for name, columns in (("banned", {"is_banned": True}), ("keeper", {"role": "admin"})):
        team = add_account(world, name)
        tries(world, team, "one", "owl")
        with world.database.writing() as connection:
            for column, value in columns.items():
                connection.exec_driver_sql(
                    f"UPDATE teams SET {column} = {'true' if value is True else repr(value)} WHERE id = {team}"
                )
    end(world, clock)
    assert line_of(stranger.get("/statistics"), "One")[0] == "0"


def test_common_wrong_guesses_are_shown_and_a_right_one_never(
    world: Ports, stranger: PageClient, clock: FixedClock
) -> None:
    one, two, three = (add_account(world, name) for name in ("a1", "b2", "c3"))
    for team in (one, two, three):
        tries(world, team, "one", "a<b>d", "a lonely one" if team == one else "heron")
    tries(world, one, "one", "owl")
    end(world, clock)
    wrong = line_of(stranger.get("/statistics"), "One")[-1]
    assert wrong == "a<b>d · 3 teams heron · 2 teams"


def test_a_guess_that_another_version_calls_right_is_not_shown(
    app: Flask, world: Ports, stranger: PageClient, clock: FixedClock
) -> None:
    for name in ("a1", "b2"):
        tries(world, add_account(world, name), "one", "heron", "stork")
    content = world.in_force.content
    corrected = tuple(
        replace(puzzle, answers=(*puzzle.answers, hashed("heron"))) if puzzle.key == "one" else puzzle
        for puzzle in content.puzzles
    )
    world.in_force.put(replace(content, puzzles=corrected))
    end(world, clock)
    assert line_of(stranger.get("/statistics"), "One")[-1] == "–"


def test_many_teams_come_page_by_page(world: Ports, stranger: PageClient, clock: FixedClock) -> None:
    for number in range(51):
        tries(world, add_account(world, f"team{number:02}"), "one", "owl")
    end(world, clock)
    assert "Page 1 of 2" in stranger.get("/statistics").text
    assert "The team50" in stranger.get("/statistics?page=2").text
    for text in ("0", "-1", "x", "99999999999"):
        assert stranger.get(f"/statistics?page={text}").status_code == 200


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (93_784, "1 d 2 h 3 min")]
)
def test_a_length_of_time_is_said_as_people_say_it(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


def more_of(reply: Any, title: str) -> list[str]:
    """The puzzle's line in the table of times, hints and backsolves."""
    soup = BeautifulSoup(reply.text, "html5lib")
    row = next(row for row in soup.select("section.chart tr") if row.th.get_text() == title)
    return [" ".join(cell.get_text(" ").split()) for cell in row.select("td")]


def test_times_hints_and_backsolves_are_told_with_a_plot_and_the_own_team(
    app: Flask, world: Ports, stranger: PageClient, clock: FixedClock
) -> None:
    teams = [add_account(world, name) for name in ("ants", "bees", "cats")]
    opens_now(world, *teams)
    for team in teams:
        clock.advance(600)
        tries(world, team, "one", "owl")
    with world.database.writing() as connection:
        for team, hint in ((teams[0], "recH1"), (teams[0], "recH2"), (teams[1], "recH1")):
            hint_queries.add(connection, team, "recOne", hint, clock.now(), "free", 0)
        for puzzle, minutes in (("recBoss", 1), ("recTwo", 2)):
            at = clock.now() + timedelta(minutes=minutes)
            add_solve(connection, teams[2], puzzle, at, 0, is_late=False)
    end(world, clock)
    reply = stranger.get("/statistics")
    assert more_of(reply, "One") == ["15 min", "20 min", "25 min", "3 2 teams", "0"]
    assert more_of(reply, "Two") == ["–", "–", "–", "0", "1"]
    soup = BeautifulSoup(reply.text, "html5lib")
    # The meta opened with a solve, so its time is known too.
    assert [len(soup.select(f"svg .times-{part}")) for part in ("bar", "median")] == [2, 2]
    assert not soup.select("svg .times-own")
    own: PageClient = app.test_client()  # type: ignore[assignment]
    assert own.login("bees").status_code == 303
    shown = own.get("/statistics")
    assert more_of(shown, "One") == ["15 min", "20 min", "25 min", "20 min", "3 2 teams", "0"]
    marked = BeautifulSoup(shown.text, "html5lib")
    assert len(marked.select("svg .times-own")) == 1
    assert marked.select_one(".solve-grid tr.own th").get_text() == "The bees"


def test_a_hunt_that_nobody_has_solved_anything_of_has_no_plot(
    world: Ports, stranger: PageClient, clock: FixedClock
) -> None:
    end(world, clock)
    reply = stranger.get("/statistics")
    assert more_of(reply, "One") == ["–", "–", "–", "0", "0"]
    assert not BeautifulSoup(reply.text, "html5lib").select("section.chart svg")
