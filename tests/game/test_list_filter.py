"""The filters of the lists, by tags, title and what is left: what they show and what their links carry along."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.core.model import Content
from app.game.list_filter import filter_box, read_wish
from app.ports import Ports
from tests.middleware.test_middleware import statements
from tests.support.accounts import ids, in_play, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.small_hunt import change_team
from tests.support.world import small_content
from tests.test_url_map import writes_heard

TAGS = {
    "one": ("Text only", "no sound needed"),
    "two": ("picture", "no  sound needed"),
    "boss": ("text only", "colours matter"),
    "deep": ("smells",),
}


@pytest.fixture
def ports(app: Flask) -> Ports:
    world, content = in_play(app), small_content()
    puzzles = tuple(replace(puzzle, access=TAGS[puzzle.key]) for puzzle in content.puzzles)
    world.in_force.put(Content(1, content.levels, puzzles, content.divisions))
    return world


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    return client


def page(reply: Any) -> BeautifulSoup:
    assert reply.status_code == 200, reply.text
    return BeautifulSoup(reply.text, "html5lib")


def titles(reply: Any) -> list[str]:
    return [link.get_text() for link in page(reply).select(".card-title, article h2")]


@pytest.mark.parametrize("path", ["/game", "/game/shallows", "/game?print=1", "/game/shallows?print=1"])
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["One", "Two"]),
        ("access=no+sound+needed", ["One", "Two"]),
        ("access=NO++SOUND%20needed", ["One", "Two"]),
        ("access=text+only", ["One"]),
        ("access=no+sound+needed&access=picture", ["Two"]),
        ("access=text+only&access=picture", []),
        ("access=smells", []),
        ("access=", ["One", "Two"]),
    ],
)
def test_a_list_shows_what_has_all_the_tags(team: PageClient, path: str, asked: str, found: list[str]) -> None:
    assert titles(team.get(f"{path}{'&' if '?' in path else '?'}{asked}")) == found


def test_cards_show_their_tags_only_where_the_list_is_filtered_by_them(team: PageClient) -> None:
    assert "no sound needed" not in page(team.get("/game")).select_one(".cards").get_text()
    assert "no sound needed" in page(team.get("/game?access=text+only")).select_one(".cards").get_text()


def test_the_form_is_read_with_get_and_offers_the_tags_of_open_puzzles_only(team: PageClient) -> None:
    shown = page(team.get("/game"))
    form = shown.select_one("details:not([open]) form[action='/game']")
    assert form["method"] == "get"
    offered = {box["value"]: shown.select_one(f'label[for="{box["id"]}"]').get_text() for box in form.select("input")}
    assert offered == {
        "no sound needed": "no sound needed (2 puzzles)",
        "picture": "picture (1 puzzle)",
        "Text only": "Text only (1 puzzle)",
    }
    assert form.select_one("fieldset legend")
    assert "smells" not in shown.get_text()


def test_a_filtered_list_says_so_ticks_its_tags_and_leads_back(team: PageClient) -> None:
    shown = page(team.get("/game?access=text+only"))
    said = shown.select_one("[data-filtered]")
    assert said["role"] == "status"
    # The title is the first thing that a screen reader says of a page.
    assert shown.title.get_text().startswith("Filtered, 1 of 2: Puzzles")
    assert said.get_text() == "Showing 1 of 2 open puzzles. Show all puzzles"
    assert said.select_one("a")["href"] == "/game"
    assert [box["value"] for box in shown.select("details[open] input[checked]")] == ["Text only"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("access=text+only&access=picture", "No open puzzle has all of these tags."),
        ("access=zz", "No open puzzles match: none of them has one of these tags."),
    ],
)
def test_an_empty_list_says_why(team: PageClient, asked: str, words: str) -> None:
    for path in ("/game", "/game/shallows"):
        shown = page(team.get(f"{path}?{asked}"))
        assert words in shown.select_one("[data-filtered]").get_text()
        assert "No open puzzles here match the filter." in shown.get_text()


def test_links_carry_the_filter_along_and_counts_know_nothing_of_it(team: PageClient) -> None:
    query = "?access=text+only"
    shown = page(team.get(f"/game{query}"))
    links = {link["href"] for link in shown.select("main a")}
    assert {f"/game/shallows{query}", f"/game/puzzle/one{query}", f"/game{query}&print=1"} <= links
    assert "2 open" in shown.get_text()
    assert f"/game{query}" in {link["href"] for link in page(team.get(f"/game/shallows{query}")).select(".crumbs a")}
    puzzle = page(team.get(f"/game/puzzle/one{query}"))
    assert [link["href"] for link in puzzle.select(".crumbs a")] == [f"/game{query}", f"/game/shallows{query}"]
    assert [link["href"] for link in puzzle.select(".names a")] == [f"/game/puzzle/two{query}"]
    assert page(team.get(f"/game{query}&print=1")).select_one(".paper-bar a")["href"] == f"/game{query}"


def test_a_guess_without_script_keeps_the_filter(team: PageClient) -> None:
    action = page(team.get("/game/puzzle/one?access=text+only")).select_one("[data-guess-form]")["action"]
    went = team.send_form(action.partition("#")[0], {"answer": "crow", "once": "k"})
    assert (went.status_code, went.location) == (303, "/game/puzzle/one?r=k&access=text+only#answer")


def test_a_filter_changes_nothing_and_programs_see_everything(team: PageClient) -> None:
    team.get("/game")
    with writes_heard() as heard:
        told = team.get("/game?access=picture", headers=JSON).get_json()
        team.get("/game?access=picture")
    assert heard == []
    assert [(one["key"], one["url"]) for one in told["levels"][0]["puzzles"]] == [
        ("one", "/game/puzzle/one"),
        ("two", "/game/puzzle/two"),
    ]


@pytest.mark.parametrize(
    "value", ["<script>alert(1)</script>", '"><b>', "x" * 5000, "\0", "\r\nSet-Cookie: a=b", "é\u202e", "%", "&print=1"]
)
def test_nothing_in_the_address_gets_out_of_its_place(team: PageClient, value: str) -> None:
    for path in ("/game", "/game/shallows", "/game/puzzle/one", "/game?print=1"):
        reply = team.get(f"{path}{'&' if '?' in path else '?'}access={quote(value)}")
        assert reply.status_code == 200
        assert "<script>alert" not in reply.text
        assert "<b>" not in reply.text
        assert "x" * 61 not in reply.text


def test_a_thousand_tags_are_not_carried_along() -> None:
    wish = read_wish([f"tag {number}" for number in range(1000)])
    assert len(wish.tags) == 10
    assert read_wish(["", "  ", "x" * 61, "a\nb", "A  b", "a B"]).tags == ("a b",)


def test_a_tag_is_shown_as_its_first_writer_wrote_it() -> None:
    box = filter_box(read_wish(["asl"]), [("ASL",), ("asl", "x")], "/game")
    assert [(one.tag, one.count, one.is_ticked) for one in box.choices] == [("ASL", 2, True), ("x", 1, False)]


def test_without_tags_there_is_no_filter(team: PageClient, ports: Ports) -> None:
    ports.in_force.put(small_content())
    assert not page(team.get("/game")).select(".list-filter")


# --- search, what is left to solve, numbers of solves ----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/game", "/game/shallows", "/game?print=1", "/game/shallows?print=1"])
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=one", ["One"]),
        ("q=++O%CC%88NE+", ["One"]),
        ("q=o", ["One", "Two"]),
        ("q=zebra", []),
        ("q=deep", []),
        ("q=", ["One", "Two"]),
        ("unsolved=1", ["Two"]),
        ("unsolved=0", ["One", "Two"]),
        ("unsolved=1&q=one", []),
        ("unsolved=1&access=picture&q=tw", ["Two"]),
    ],
)
def test_a_list_shows_what_fits_the_title_and_is_left(
    team: PageClient, ports: Ports, path: str, asked: str, found: list[str]
) -> None:
    hide_boss(ports)
    assert team.guess("one", "owl").status_code == 200
    assert titles(team.get(f"{path}{'&' if '?' in path else '?'}{asked}")) == found


def hide_boss(ports: Ports) -> None:
    """So that solving one puzzle opens no other."""
    content = ports.in_force.content
    puzzles = tuple(one for one in content.puzzles if one.key in ("one", "two"))
    ports.in_force.put(Content(1, content.levels[:1], puzzles, content.divisions))


def test_what_is_skipped_is_not_left_to_solve(team: PageClient, ports: Ports) -> None:
    set_now(ports, xp="on")
    change_team(ports, ids(ports)["Owls"], xp=100)
    assert team.send_form("/game/puzzle/two/powerups/skip").status_code == 303
    assert titles(team.get("/game?unsolved=1")) == ["One"]


def test_each_form_carries_the_others_wishes_along(team: PageClient) -> None:
    shown = page(team.get("/game?access=picture&unsolved=1&q=tw"))
    search = {one["name"]: one.get("value") for one in shown.select(".list-search input")}
    assert search == {"access": "picture", "q": "tw", "unsolved": "1"}
    hidden = {one["name"]: one["value"] for one in shown.select(".list-filter input[type=hidden]")}
    assert hidden == {"q": "tw", "unsolved": "1"}
    assert shown.select_one("[data-filtered]").get_text().startswith("Showing 1 of 2")
    assert "/game/puzzle/two?access=picture&unsolved=1&q=tw" in {link["href"] for link in shown.select("main a")}
    assert "No open puzzles match." in team.get("/game?q=zebra").text


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", '"><b>', "x" * 5000, "\0", "a\u202eb", "%"])
def test_no_search_gets_out_of_its_place(team: PageClient, value: str) -> None:
    for path in ("/game", "/game/shallows", "/game/puzzle/one", "/game?print=1"):
        reply = team.get(f"{path}{'&' if '?' in path else '?'}q={quote(value)}&unsolved=1")
        assert reply.status_code == 200
        assert "<script>alert" not in reply.text
        assert "<b>" not in reply.text
        assert "x" * 101 not in reply.text


def counts(team: PageClient) -> list[int | None]:
    return [one.get("solve_count") for one in team.get("/game", headers=JSON).get_json()["levels"][0]["puzzles"]]


def test_numbers_of_solves_are_shown_where_the_organiser_allows_it(
    app: Flask, team: PageClient, ports: Ports, clock: FixedClock
) -> None:
    hide_boss(ports)
    bats: PageClient = app.test_client()  # type: ignore[assignment]
    bats.register("Bats")
    bats.guess("one", "owl")
    assert counts(team) == [None, None]
    assert "solved by" not in team.get("/game").text
    set_now(ports, solve_counts="on")
    assert counts(team) == [1, 0]
    for path in ("/game", "/game/shallows"):
        with statements() as heard:
            shown = page(team.get(path)).get_text()
        assert "solved by 1 team" in shown
        assert "solved by 0 teams" in shown
        assert len(heard) == 1
    token = team.send_json("/account/token").get_json()["token"]
    told = app.test_client().get("/game", headers={"Authorization": f"Bearer {token}"}).get_json()
    assert told["levels"][0]["puzzles"][0]["solve_count"] == 1
    set_now(ports, freeze_at=(clock.now() - timedelta(hours=1)).isoformat())
    assert counts(team) == [None, None], "a frozen board must not be read off them"
