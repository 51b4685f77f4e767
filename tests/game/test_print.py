"""The whole unlocked hunt as one page to print: what is on it, what never is, and what it costs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.content.html.css import PUZZLE_SCOPE, clean_css, kept_in_box
from app.core.model import Attachment, Content, Puzzle, StoryBlock
from app.ports import Ports
from tests.middleware.test_middleware import statements
from tests.support.accounts import ids, in_play, rows, set_now
from tests.support.client import PageClient
from tests.support.small_hunt import change_team
from tests.support.source import APP
from tests.support.world import small_content

PAPER = "/game?print=1"


def dressed() -> Content:
    """The small hunt; two puzzles have a style, one a picture of another host, a story, and a note."""
    content = small_content()
    more: dict[str, dict[str, Any]] = {
        "one": {
            "body_html": '<p id="one-a">The owls.</p>',
            "css": clean_css("td { color: red }", PUZZLE_SCOPE).css,
            "attachments": (Attachment("/prox/abc", "owl.png", "image/png", 8, 6),),
            "story": (StoryBlock("recS1", 1, "<p>Welcome, {team}.</p>"),),
            "erratum_html": "<p>Read <em>owl</em>.</p>",
            "script": "1",
            "authors": "A <b>Writer</b>",
        },
        "two": {"kind": "Link", "url": "https://play.example/two", "css": clean_css("p {}", PUZZLE_SCOPE).css},
        "boss": {"body_html": "<p>The boss.</p>", "solution_html": "<p>BEAR</p>"},
    }
    puzzles = tuple(replace(puzzle, **more.get(puzzle.key, {})) for puzzle in content.puzzles)
    levels = (replace(content.levels[0], css=".level-sheet h2 { color: blue }"), *content.levels[1:])
    return Content(1, levels, puzzles, content.divisions)


@pytest.fixture
def ports(app: Flask) -> Ports:
    world = in_play(app)
    world.in_force.put(dressed())
    return world


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls", display_name="<i>Owls</i>").status_code == 303
    return client


def sheet(reply: Any) -> BeautifulSoup:
    assert reply.status_code == 200, reply.text
    return BeautifulSoup(reply.text, "html5lib")


def titles(reply: Any) -> list[str]:
    return [heading.get_text() for heading in sheet(reply).select("article h2")]


def test_all_that_is_open_is_on_it_and_nothing_that_is_not(team: PageClient) -> None:
    assert titles(team.get(PAPER)) == ["One", "Two"]
    text = team.get(PAPER).text
    assert not [word for word in ("Boss", "The boss.", "Deep", "Depths") if word in text]
    team.guess("one", "owl")
    assert titles(team.get(PAPER)) == ["One", "Two", "Boss"]
    team.guess("boss", "bear")
    assert titles(team.get(PAPER)) == ["One", "Two", "Boss", "Deep"]


def test_one_level_is_printed_by_itself_and_a_closed_one_is_as_unknown(team: PageClient) -> None:
    assert titles(team.get("/game/shallows?print=1")) == ["One", "Two"]
    assert team.get("/game/depths?print=1").status_code == 404
    assert team.get("/game/no-such-level?print=1").status_code == 404


def test_it_has_everything_the_writers_gave_and_nothing_to_press(team: PageClient) -> None:
    shown = sheet(team.get(PAPER))
    assert not shown.select("form, nav, iframe, .puzzle-side")
    text = shown.get_text()
    for words in ("The owls.", "Read owl.", "Welcome, <i>Owls</i>.", "https://play.example/two", "A <b>Writer</b>"):
        assert words in text
    assert shown.select_one(".pictures img")["src"] == "/prox/abc"
    assert [link["href"].lstrip("#") for link in shown.select(".paper-contents a")] == [
        article["id"] for article in shown.select("article")
    ]


def test_no_solution_is_on_it_even_after_the_end(team: PageClient, ports: Ports, clock: Any) -> None:
    team.guess("one", "owl")
    set_now(ports, ends_at=clock.now().strftime("%Y-%m-%dT%H:%MZ"))
    clock.advance(60)
    assert "BEAR" not in team.get(PAPER).text


def test_each_puzzle_begins_on_a_page_of_its_own(team: PageClient) -> None:
    assert sheet(team.get(PAPER)).select('link[href$="/css/paper.css"]')
    style = (APP / "static/css/paper.css").read_text()
    assert "break-before: page" in style[style.index("@media print") :]


def test_the_style_of_one_puzzle_does_not_reach_another(team: PageClient) -> None:
    shown = sheet(team.get(PAPER))
    own = [str(link["href"]) for link in shown.select('link[href*="box=1"]')]
    assert [link.split("?")[0] for link in own] == ["/game/shallows/style.css", "/game/puzzle/one/style.css"]
    box = shown.select_one("article")["id"]
    assert team.get(own[1]).text == f"#{box} .puzzle-sheet td {{ color: red; }}"
    level = team.get(own[0]).text
    assert re.fullmatch(r"#p[0-9a-f]{16} \.level-sheet h2 \{ color: blue \}", level)
    assert shown.select_one(level.split()[0]).select("article.level-sheet")


def test_a_style_cannot_leave_its_box_by_a_string(team: PageClient) -> None:
    evil = 'p { content: ".puzzle-sheet; } body { display: none } x" }'
    boxed = kept_in_box(clean_css(evil, PUZZLE_SCOPE).css, PUZZLE_SCOPE, "p1")
    assert boxed == '#p1 .puzzle-sheet p { content: "#p1 .puzzle-sheet; } body { display: none } x"; }'
    with pytest.raises(ValueError, match="string"):
        kept_in_box("", PUZZLE_SCOPE, 'a"]')


@pytest.mark.parametrize("path", [PAPER, "/game/shallows?print=1"])
def test_the_locks_of_the_game_hold_for_it(team: PageClient, app: Flask, ports: Ports, path: str) -> None:
    visitor = app.test_client()
    assert visitor.get(path).status_code == 303
    set_now(ports, lockdown_puzzles="on")
    assert team.get(path).status_code == 403
    set_now(ports, lockdown_puzzles="off", starts_at="2099-01-01T00:00Z")
    assert team.get(path).status_code == 403
    set_now(ports, starts_at="")
    assert team.get(path).status_code == 200
    change_team(ports, ids(ports)["Owls"], is_banned=True)
    assert team.get(path).status_code == 403


def test_a_puzzle_of_another_division_is_not_on_it(team: PageClient, ports: Ports) -> None:
    content = ports.in_force.content
    quiet = [replace(puzzle, divisions=("quiet",)) if puzzle.key == "two" else puzzle for puzzle in content.puzzles]
    ports.in_force.put(Content(1, content.levels, tuple(quiet), content.divisions))
    assert titles(team.get(PAPER)) == ["One"]


def test_nothing_open_is_said(team: PageClient, ports: Ports) -> None:
    content = ports.in_force.content
    ports.in_force.put(Content(1, (), (), content.divisions))
    assert "There are no open puzzles to print." in sheet(team.get(PAPER)).get_text()


def test_printing_is_looking_and_is_noted_once(team: PageClient, ports: Ports) -> None:
    team.get(PAPER)
    seen = rows(ports, "SELECT puzzle_id FROM unlocks WHERE viewed_at IS NOT NULL ORDER BY puzzle_id")
    assert seen == [("recOne",), ("recTwo",)]
    assert not sheet(team.get("/game")).select(".chip-warn")


def many(count: int, content: Content) -> Content:
    body = "<h2>Part</h2>" + "<table>" + "<tr><td>1</td><td>owl</td></tr>" * 30 + "</table>"
    puzzles = tuple(
        Puzzle(f"rec{number:03}", f"n{number}", f"Puzzle {number}", "recL1", number, body_html=body)
        for number in range(count)
    )
    return Content(1, content.levels, puzzles, content.divisions)


def test_three_hundred_puzzles_cost_one_query(team: PageClient, ports: Ports) -> None:
    ports.in_force.put(many(300, ports.in_force.content))
    team.get(PAPER)
    with statements() as heard:
        page = team.get(PAPER)
    assert len(heard) == 1, heard
    assert page.text.count("<article") == 300


def test_in_the_archive_everybody_prints(app: Flask, team: PageClient, ports: Ports, clock: Any) -> None:
    set_now(ports, ends_at=clock.now().strftime("%Y-%m-%dT%H:%MZ"), archive="on")
    clock.advance(60)
    assert titles(app.test_client().get(PAPER)) == ["One", "Two", "Boss", "Deep"]
