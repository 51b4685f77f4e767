"""What a list of puzzles shows: how locked levels open, and many solved puzzles folded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.ports import Ports
from tests.support.accounts import in_play, set_now
from tests.support.client import PageClient
from tests.support.world import small_content


@pytest.fixture
def team(app: Flask, world: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("Owls")
    return client


def shown(client: PageClient, path: str = "/game") -> BeautifulSoup:
    return BeautifulSoup(client.get(path).text, "html5lib")


def locked(client: PageClient) -> str:
    """The words of the level that is locked."""
    level = shown(client).select_one(".level-closed")
    assert level is not None
    return level.get_text(" ", strip=True)


def test_a_locked_level_says_how_it_opens_and_names_no_puzzle_that_is_not_open(team: PageClient) -> None:
    assert locked(team) == "Depths Opens after 1 more solve"
    team.guess("one", "owl")
    assert locked(team) == "Depths Opens when you solve Boss"
    team.guess("boss", "bear")
    assert shown(team).select_one(".level-closed") is None


def test_a_level_that_needs_some_of_many_shows_how_far_the_team_is(app: Flask, team: PageClient) -> None:
    shallows, depths = small_content().levels
    in_play(app, levels=(shallows, replace(depths, prereq=("recOne", "recTwo", "recBoss"), prereq_count=2)))
    team.guess("one", "owl")
    assert locked(team) == "Depths Opens after 1 more solve 1 of 2 1 of 2"
    bar = shown(team).select_one(".level-closed progress")
    assert bar is not None
    assert (bar["value"], bar["max"]) == ("1", "2")


def test_until_the_anchor_is_solved_it_is_what_opens_the_rest(team: PageClient, world: Ports) -> None:
    set_now(world, anchor_puzzle="two")
    assert locked(team) == "Depths Opens when you solve Two"


def test_organisers_may_keep_the_way_in_to_themselves(team: PageClient, world: Ports) -> None:
    set_now(world, unlock_progress="off")
    assert locked(team) == "Depths Locked"


def solved_cards(client: PageClient, path: str) -> tuple[int, int]:
    """How many cards of solved puzzles stand open, and how many in a fold."""
    page = shown(client, path)
    folded = len(page.select("details.folded .card-solved"))
    return len(page.select(".card-solved")) - folded, folded


def test_many_solved_puzzles_are_folded_unless_something_is_searched_for(
    app: Flask, team: PageClient, world: Ports
) -> None:
    one, two = small_content().puzzles[:2]
    many = [replace(one, id=f"rec{place}", key=f"many{place}", title=f"Many {place}") for place in range(9)]
    in_play(app, puzzles=(*many, two), levels=(replace(small_content().levels[0], metas=()),), divisions=())
    for place in range(8):
        team.guess(f"many{place}", "owl")
    assert solved_cards(team, "/game") == (8, 0)
    team.guess("many8", "owl")
    for path in ("/game", "/game/shallows"):
        assert solved_cards(team, path) == (0, 9)
        assert next(card.get_text() for card in shown(team, path).select(".card-title")) == "Two"
    assert solved_cards(team, "/game?q=many") == (9, 0)
