"""What staff see of their own account, and organisers of a team's open puzzles."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask

from app.ports import Ports
from tests.support.accounts import set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.demo_hunt import keeper, world
from tests.support.organisers import add_account, enter

__all__ = ["keeper", "world"]
TEAMS_ONLY = ("Division", "Team account", "Team name", "Affiliation", "whole team")


def shown(client: PageClient, path: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path).text, "html5lib")


@pytest.mark.parametrize("role", ["helper", "writer", "admin"])
def test_staff_see_no_division_and_no_team_on_their_account_page(app: Flask, world: Ports, role: str) -> None:
    page = shown(enter(app, "staff", role), "/account")
    text = page.get_text()
    assert [words for words in TEAMS_ONLY if words in text] == []
    assert page.h1.get_text() == "Account"  # type: ignore[union-attr]
    assert page.select(".standing") == []


def test_a_team_sees_all_of_it(app: Flask, world: Ports) -> None:
    text = shown(enter(app, "owls", "team"), "/account").get_text()
    assert [words for words in TEAMS_ONLY if words not in text] == []


def test_staff_keep_what_their_form_does_not_show(app: Flask, world: Ports) -> None:
    add_account(world, "quill", "writer", affiliation="The Press")
    quill: PageClient = app.test_client()  # type: ignore[assignment]
    quill.login("quill")
    assert quill.send_form("/account", {"part": "profile", "display_name": "Quill", "emails": ""}).status_code == 303
    with world.database.reading() as connection:
        row = connection.exec_driver_sql("SELECT display_name, affiliation, division FROM teams WHERE name = 'quill'")
        assert tuple(row.one()) == ("Quill", "The Press", "staff")


def open_puzzles(client: PageClient, number: int) -> list[list[str]]:
    section = shown(client, f"/admin/teams/{number}").select_one('[aria-labelledby="open-title"]')
    assert isinstance(section, Tag)
    return [[cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in section.select("tbody tr")]


def test_the_team_page_lists_open_unsolved_puzzles_with_their_age(
    keeper: PageClient, world: Ports, app: Flask, clock: FixedClock
) -> None:
    team = add_account(world, "owls", division="teams")
    clock.advance(25 * 60)
    titles = dict(open_puzzles(keeper, team))
    assert set(titles.values()) == {"25 min"}
    assert {"The Tide Gauges", "Stopped Clocks"} <= set(titles)
    assert "Five at the Quay" not in titles, "it is locked"
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.login("owls")
    client.send_form("/game/puzzle/postcard", {"answer": "lavender"})
    clock.advance(10 * 60)
    assert open_puzzles(keeper, team)[-1] == ["Five at the Quay", "10 min"]
    assert "A Card from the Edge" not in dict(open_puzzles(keeper, team))


def test_before_the_start_no_puzzle_is_open(keeper: PageClient, world: Ports) -> None:
    team = add_account(world, "owls", division="teams")
    set_now(world, starts_at="2027-03-20T12:00Z", ends_at="2027-03-25T12:00Z")
    assert open_puzzles(keeper, team) == []


def test_staff_have_no_open_puzzles(keeper: PageClient, world: Ports) -> None:
    page = shown(keeper, f"/admin/teams/{add_account(world, 'quill', 'writer')}")
    assert page.select('[aria-labelledby="open-title"]') == []
