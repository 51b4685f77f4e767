"""What a list of puzzles shows: how locked levels open, and many solved puzzles folded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.game import puzzle_pages
from app.ports import Ports
from tests.support.accounts import in_play, set_now
from tests.support.client import JSON, PageClient
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
    listed = team.get("/game", headers=JSON).json["levels"][0]["puzzles"]
    assert [(puzzle["key"], puzzle["solved"]) for puzzle in listed] == [
        *((f"many{place}", True) for place in range(9)),
        ("two", False),
    ]


@pytest.fixture
def long_list(app: Flask, team: PageClient, world: Ports, monkeypatch: pytest.MonkeyPatch) -> PageClient:
    """23 puzzles in two levels, ten a page; seven of the second level's are open by themselves."""
    monkeypatch.setattr(puzzle_pages, "CARDS_A_PAGE", 10)
    one, (shallows, depths) = small_content().puzzles[0], small_content().levels
    many = [replace(one, id=f"rec{place:02}", key=f"many{place}", title=f"Many {place:02}") for place in range(23)]
    many[16:] = [replace(puzzle, level_id=depths.id) for puzzle in many[16:]]
    levels = (replace(shallows, metas=()), replace(depths, prereq=(), metas=()))
    in_play(app, puzzles=tuple(many), levels=levels, divisions=())
    return team


def on_page(client: PageClient, path: str) -> tuple[list[str], list[str]]:
    """The levels and the puzzles that it shows."""
    page = shown(client, path)
    levels = [head.get_text(strip=True) for head in page.select(".level-head h2")]
    return levels, [card.get_text().removeprefix("Many ") for card in page.select(".card-title")]


def test_a_long_list_comes_in_pages_each_with_its_levels(long_list: PageClient) -> None:
    numbers = [f"{place:02}" for place in range(23)]
    assert on_page(long_list, "/game") == (["Shallows"], numbers[:10])
    assert on_page(long_list, "/game?page=2") == (["Shallows", "Depths"], numbers[10:20])
    assert on_page(long_list, "/game?page=3") == (["Depths"], numbers[20:])
    for beyond in ("99", "9999999", "-1", "x", "²"):
        last = "3" if beyond == "99" else "1"
        assert on_page(long_list, f"/game?page={beyond}") == on_page(long_list, f"/game?page={last}"), beyond
    assert on_page(long_list, "/game/shallows?page=2")[1] == numbers[10:16]
    assert "16 open" in shown(long_list, "/game?page=2").get_text()


def test_the_pages_of_a_list_keep_its_filter(long_list: PageClient) -> None:
    links = shown(long_list, "/game?q=many&page=2").select(".paging a")
    assert [str(link["href"]) for link in links] == ["/game?q=many&page=1", "/game?q=many&page=3"]
    assert shown(long_list, "/game?q=many+2").select(".paging") == []
    # The script would search on this page alone.
    assert "data-served" in shown(long_list).select_one("[data-list-search]").attrs
    assert "data-served" not in shown(long_list, "/game/depths").select_one("[data-list-search]").attrs


def test_solved_puzzles_come_last_on_the_pages_of_their_level(long_list: PageClient, world: Ports) -> None:
    set_now(world, guess_limit="100")
    for place in range(9):
        long_list.guess(f"many{place}", "owl")
    assert on_page(long_list, "/game/shallows")[1] == ["09", *(str(place) for place in range(10, 16)), "00", "01", "02"]
    assert solved_cards(long_list, "/game/shallows?page=2") == (0, 6)


def test_a_level_with_nothing_to_show_stands_where_its_puzzles_would(app: Flask, long_list: PageClient) -> None:
    content = small_content()
    ten = [replace(content.puzzles[0], id=f"rec{place:02}", key=f"many{place}") for place in range(10)]
    levels = (replace(content.levels[0], metas=()), replace(content.levels[1], prereq=("rec00",), metas=()))
    in_play(app, puzzles=tuple(ten), levels=levels, divisions=())
    assert on_page(long_list, "/game")[0] == ["Shallows", "Depths"]


def test_a_puzzle_of_a_long_level_names_those_around_it(long_list: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(puzzle_pages, "MOST_NEIGHBOURS", 4)
    named = {
        key: [link.get_text() for link in shown(long_list, f"/game/puzzle/{key}").select(".names a")]
        for key in ("many0", "many7", "many15")
    }
    assert named == {
        "many0": ["Many 01", "Many 02", "Many 03", "Many 04"],
        "many7": ["Many 05", "Many 06", "Many 08", "Many 09"],
        "many15": ["Many 11", "Many 12", "Many 13", "Many 14"],
    }
