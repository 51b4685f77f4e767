"""Before, during and after the hunt, the switches, and the team as it is now."""

from __future__ import annotations

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.accounts import ids, rows, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.dressed_hunt import PAGE, at_hours, page, refused
from tests.support.dressed_hunt import ports as ports
from tests.support.dressed_hunt import team as team
from tests.support.organisers import enter
from tests.support.small_hunt import change_team

GAME_GETS = ("/game", "/game/shallows", PAGE, f"{PAGE}?print=1", f"{PAGE}/style.css", f"{PAGE}/frame", "/story")
GAME_POSTS = (PAGE, f"{PAGE}/hints/take", f"{PAGE}/hints/ask", f"{PAGE}/powerups/hint", f"{PAGE}/powerups/skip")


# --- before, running, ended ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", GAME_GETS)
def test_before_the_start_nothing_of_the_game_is_shown(
    team: PageClient, ports: Ports, clock: FixedClock, path: str
) -> None:
    set_now(ports, starts_at=at_hours(clock, 1))
    assert refused(team.get(path, headers=JSON)) == (403, "not_running")
    shown = team.get(path)
    assert shown.status_code == 403
    assert "Welcome" not in shown.text
    assert "data-countdown" in shown.text


def test_before_the_start_nothing_can_be_done(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    set_now(ports, starts_at=at_hours(clock, 1))
    for path in GAME_POSTS:
        assert refused(team.send_json(path, {"answer": "owl", "question": "x"})) == (403, "not_running")
    assert rows(ports, "SELECT count(*) FROM guesses") == [(0,)]


def test_the_start_comes_by_the_clock_alone(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    set_now(ports, starts_at=at_hours(clock, 1))
    clock.advance(3599)
    assert team.get("/game").status_code == 403
    clock.advance(1)
    assert team.get("/game").status_code == 200


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("writer", 200), ("helper", 403)])
def test_admins_and_writers_see_the_game_early_under_a_banner(
    app: Flask, ports: Ports, clock: FixedClock, role: str, status: int
) -> None:
    set_now(ports, starts_at=at_hours(clock, 1))
    reply = enter(app, "Somebody", role).get(PAGE)
    assert reply.status_code == status
    assert ("Before launch" in reply.text) is (status == 200)


def test_there_is_no_banner_for_a_team_or_while_nothing_is_special(app: Flask, team: PageClient) -> None:
    assert not page(team.get("/game")).select(".banners")
    assert not page(enter(app, "Somebody", "admin").get("/game")).select(".banners")


def test_after_the_end_puzzles_stay_with_their_solutions(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    assert not page(team.get(PAGE)).select(".solution")
    set_now(ports, ends_at=at_hours(clock, 1))
    clock.advance(3600)
    assert "OWL" in page(team.get(PAGE)).select_one(".solution").get_text()
    reply = team.guess("one", "owl").get_json()
    assert (reply["verdict"], reply["points"], reply["score"]) == ("correct", 0, 0)


# --- switches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", GAME_GETS)
def test_locked_down_puzzles_are_closed_to_all_but_admins(
    app: Flask, team: PageClient, ports: Ports, path: str
) -> None:
    admin, writer = enter(app, "Chief", "admin"), enter(app, "Poet", "writer")
    set_now(ports, lockdown_puzzles="on")
    for client in (team, writer):
        assert refused(client.get(path, headers=JSON)) == (403, "locked_down")
    passed = admin.get(path)
    assert passed.status_code == 200
    if passed.mimetype == "text/html" and "print" not in path and "frame" not in path:
        assert "Closed to teams: puzzles" in passed.text


def test_locked_down_puzzles_take_no_guesses(team: PageClient, ports: Ports) -> None:
    set_now(ports, lockdown_puzzles="on")
    for path in GAME_POSTS:
        assert refused(team.send_json(path, {"answer": "owl"})) == (403, "locked_down")
    set_now(ports, lockdown_puzzles="off")
    assert team.guess("one", "owl").get_json()["guesses_left"] == 9


# --- the team as it is now -------------------------------------------------------------------------------------------


def test_a_ban_refuses_open_sessions_at_once(team: PageClient, ports: Ports) -> None:
    change_team(ports, ids(ports)["Owls"], is_banned=True)
    for path in ("/", "/game", PAGE, "/leaderboard", "/account/login"):
        assert refused(team.get(path, headers=JSON)) == (403, "banned")
    assert refused(team.send_json(PAGE, {"answer": "owl"})) == (403, "banned")
    reply = team.get("/game")
    assert reply.status_code == 403
    assert "Log out" in reply.text


def test_credits_and_a_teammates_solve_show_on_the_next_click(app: Flask, team: PageClient, ports: Ports) -> None:
    mate: PageClient = app.test_client()  # type: ignore[assignment]
    mate.login("Owls")
    mate.guess("one", "owl")
    change_team(ports, ids(ports)["Owls"], hint_credits=7)
    told = team.get("/game", headers=JSON).get_json()
    assert told["team"]["score"] == 40
    assert told["team"]["hint_credits"] == 7
    assert [one["solved"] for one in told["levels"][0]["puzzles"]] == [True, False, False]
    assert page(team.get(PAGE)).select_one("[data-solved]").get("hidden") is None
