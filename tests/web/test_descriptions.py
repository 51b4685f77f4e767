"""Every page says in its description what it is, for search engines and previews of links."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.ports import Ports
from tests.support.client import PageClient
from tests.support.demo_hunt import world
from tests.support.organisers import add_account, enter

__all__ = ["world"]

FOR_ALL = {
    "/": "A puzzle hunt without end",
    "/account/register": "Register a team",
    "/account/login": "Log in",
    "/page/rules": "One account is one team",
    "/announcements": "News and errata",
    "/leaderboard/teams": "Standings of the division Teams",
}
FOR_TEAMS = {
    "/game": "All levels and puzzles",
    "/game/quay": "Where the mail boat ties up",
    "/game/puzzle/postcard": "It came with the morning boat",
    "/story": "The story of",
}


def description(client: PageClient, path: str) -> str:
    page = BeautifulSoup(client.get(path).text, "html5lib")
    found = [
        page.select_one(f"meta[{name}]")["content"] for name in ('name="description"', 'property="og:description"')
    ]  # type: ignore[index]
    assert found[0] == found[1]
    return str(found[0])


@pytest.mark.parametrize("path", FOR_ALL)
def test_a_page_for_everybody_says_what_it_is(app: Flask, world: Ports, path: str) -> None:
    visitor: PageClient = app.test_client()  # type: ignore[assignment]
    assert FOR_ALL[path] in description(visitor, path)


def test_the_pages_of_a_team_say_what_they_are_and_no_two_the_same(app: Flask, world: Ports) -> None:
    owls = enter(app, "owls", "team")
    said = {path: description(owls, path) for path in FOR_ALL | FOR_TEAMS if "/account/" not in path}
    assert [path for path, words in FOR_TEAMS.items() if words not in said[path]] == []
    assert len(set(said.values())) == len(said)
    assert all(20 <= len(words) <= 160 for words in said.values()), said


def test_a_locked_puzzle_is_not_described(app: Flask, world: Ports) -> None:
    add_account(world, "gulls")
    owls = enter(app, "owls", "team")
    assert description(owls, "/game/puzzle/panes") == description(owls, "/game/puzzle/no-such-puzzle")
