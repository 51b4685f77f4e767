"""The menu leads to no page that refuses, and a page that refuses leads to one that doesn't."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.ports import Ports
from tests.support.accounts import set_now
from tests.support.client import PageClient
from tests.support.organisers import enter

WAYS = {"/game", "/leaderboard", "/announcements"}


def ways(client: PageClient, path: str = "/") -> set[str]:
    """Where the menu of this page leads."""
    page = BeautifulSoup(client.get(path).text, "html5lib")
    return {str(link["href"]) for link in page.select("header nav a")}


def buttons(client: PageClient, path: str) -> list[str]:
    """Where the buttons of a page lead, in order."""
    page = BeautifulSoup(client.get(path).text, "html5lib")
    return [str(link["href"]) for link in page.select("main a.button")]


@pytest.fixture
def team(app: Flask, world: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("owls")
    return client


def test_a_team_that_plays_is_led_everywhere(team: PageClient) -> None:
    assert ways(team) >= WAYS


def test_a_visitor_is_not_led_to_the_puzzles(visitor: PageClient) -> None:
    assert "/game" not in ways(visitor)


def test_before_the_start_only_staff_are_led_to_the_puzzles(app: Flask, world: Ports, team: PageClient) -> None:
    set_now(world, starts_at="2100-01-01T00:00:00Z")
    assert "/game" not in ways(team)
    assert "/game" in ways(enter(app, "keeper", "admin"))
    assert team.get("/game").status_code == 403
    assert "/game" not in buttons(team, "/game")


@pytest.mark.parametrize(("switch", "way"), [("lockdown_puzzles", "/game"), ("lockdown_leaderboard", "/leaderboard")])
def test_what_is_locked_down_is_not_in_the_menu(world: Ports, team: PageClient, switch: str, way: str) -> None:
    set_now(world, **{switch: "on"})
    assert ways(team) >= WAYS - {way}
    assert way not in ways(team)
    assert way not in buttons(team, way)


def test_every_way_of_every_menu_answers(app: Flask, world: Ports, team: PageClient, visitor: PageClient) -> None:
    for client in (team, visitor, enter(app, "keeper", "admin")):
        assert {path: client.get(path, follow_redirects=True).status_code for path in ways(client)} == dict.fromkeys(
            ways(client), 200
        )


def test_a_page_that_refuses_shows_no_number_and_leads_on(team: PageClient) -> None:
    page = BeautifulSoup(team.get("/game/puzzle/nothing").text, "html5lib")
    assert page.select_one("main .status") is None
    assert buttons(team, "/game/puzzle/nothing") == ["/game", "/"]
