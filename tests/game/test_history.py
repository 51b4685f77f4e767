"""The team's history: what stands in it, in which order, and that it is the team's alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import text

from app.core.model import Content, Hint
from app.guesses.corrections import accept_answer
from app.ports import Ports
from tests.support.accounts import ids, in_play, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.organisers import enter
from tests.support.small_hunt import change_team
from tests.support.world import small_content

PATH = "/account/history"


@pytest.fixture
def ports(app: Flask) -> Ports:
    world, content = in_play(app), small_content()
    hints = tuple(Hint(f"recH{n}", n, f"<p>Hint {n}.</p>") for n in (1, 2, 3))
    puzzles = tuple(replace(one, hints=hints) if one.key == "one" else one for one in content.puzzles)
    world.in_force.put(Content(1, content.levels, puzzles, content.divisions))
    set_now(world, xp="on", points_hints="on")
    return world


def member(app: Flask, name: str) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register(name).status_code == 303
    return client


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    return member(app, "Owls")


def entries(team: PageClient, query: str = "") -> list[tuple[Any, ...]]:
    found = team.get(PATH + query, headers=JSON).get_json()["entries"]
    assert all(set(one) == {"at", "kind", "puzzle", "text", "verdict", "points"} for one in found)
    return [(one["kind"], one["puzzle"], one["text"], one["verdict"], one["points"]) for one in found]


def play(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    change_team(ports, ids(ports)["Owls"], xp=100, hint_credits=1)
    moves = (
        ("/game/puzzle/one", {"answer": "<b>hen</b>"}),
        ("/game/puzzle/one/hints/take", {"pay": "credit"}),
        ("/game/puzzle/one/hints/take", {"pay": "points"}),
        ("/game/puzzle/one", {"answer": " Owl. "}),
        ("/game/puzzle/two/powerups/skip", {}),
    )
    for path, form in moves:
        assert team.send_json(path, form).status_code == 200
        clock.advance(60)


PLAYED = [
    ("skip", "two", "Skipped", None, None),
    ("solve", "one", "Owl.", None, 30),
    ("guess", "one", "Owl.", "correct", None),
    ("hint", "one", "Hint 2, for points", None, None),
    ("hint", "one", "Hint 1, for hint credits", None, None),
    ("guess", "one", "<b>hen</b>", "wrong", None),
]


def test_everything_stands_in_it_newest_first(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    started = clock.now()
    play(team, ports, clock)
    assert entries(team) == PLAYED
    assert entries(team, "?puzzle=two") == PLAYED[:1]
    assert entries(team, "?puzzle=recOne") == PLAYED[1:]
    assert team.get(PATH, headers=JSON).get_json()["entries"][-1]["at"] == started.isoformat()


def test_a_power_up_is_not_told_twice(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    change_team(ports, ids(ports)["Owls"], xp=100)
    assert team.send_json("/game/puzzle/one/powerups/hint").status_code == 200
    assert entries(team) == [("powerup", "one", "Hint 1, for XP", None, None)]
    change_team(ports, ids(ports)["Owls"], xp=100)
    clock.advance(1)
    assert team.send_json("/game/puzzle/one/powerups/close", {"answer": "Crow"}).get_json()["answer"] == "Crow"
    assert [one[:3] for one in entries(team)[:3]] == [
        ("solve", "one", "Crow"),
        ("powerup", "one", "Close answer"),
        ("guess", "one", "Crow"),
    ]


def test_the_page_and_the_paper_say_the_same(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    play(team, ports, clock)
    for query in ("", "?print=1"):
        shown = BeautifulSoup(team.get(PATH + query).text, "html5lib")
        rows = [[cell.get_text(" ", strip=True) for cell in row.select("td, th")] for row in shown.select("tbody tr")]
        assert [row[3] for row in rows] == [one[2] for one in PLAYED]
        assert [row[5] for row in rows] == ["", "30", "", "", "", ""]
        assert [one.get_text() for one in shown.select(".found-answer")] == ["Owl.", "Owl."]


def test_it_is_the_teams_alone(app: Flask, team: PageClient, ports: Ports, clock: FixedClock) -> None:
    play(team, ports, clock)
    assert entries(member(app, "Bats")) == []
    assert app.test_client().get(PATH, headers=JSON).status_code == 401
    admin = enter(app, "Keeper", "admin")
    assert entries(admin) == []
    assert admin.send_form(f"/admin/teams/{ids(ports)['Owls']}/see").status_code == 303
    assert entries(admin) == PLAYED


def test_pages_follow_each_other_and_paper_has_all(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    for number in range(60):
        assert team.guess("one", f"hen{number}").get_json()["verdict"] == "wrong"
        clock.advance(7)
    first, second = entries(team), entries(team, "?page=2")
    assert [one[2] for one in first + second] == [f"hen{number}" for number in reversed(range(60))]
    assert (len(first), len(second)) == (50, 10)
    page = BeautifulSoup(team.get(PATH).text, "html5lib")
    (older,) = page.select("a[rel=next]")
    assert older["href"] == f"{PATH}?page=2"
    assert [one["href"] for one in BeautifulSoup(team.get(older["href"]).text, "html5lib").select("a[rel]")] == [PATH]
    assert len(BeautifulSoup(team.get(f"{PATH}?print=1").text, "html5lib").select("tbody tr")) == 60


@pytest.mark.parametrize(
    "query", ["?page=0", "?page=-1", "?page=x", "?page=99999999999", "?page=١", "?puzzle=%00", "?puzzle=deep"]
)
def test_a_strange_address_shows_the_first_page(team: PageClient, query: str) -> None:
    team.guess("one", "hen")
    assert entries(team, query) == [("guess", "one", "hen", "wrong", None)]


def test_what_is_not_kept_or_was_accepted_later_is_said_so(team: PageClient, ports: Ports) -> None:
    team.guess("one", "owl")
    team.guess("two", "dingo")
    accept_answer(
        ports.for_hunt,
        ports.encryption,
        ports.secret,
        ports.in_force.content,
        ports.in_force.content.puzzles_by_key["two"],
        "dingo",
        "admin",
    )
    assert ("guess", "two", None, "wrong", None) in entries(team)
    assert ("solve", "two", "dingo", None, 60) in entries(team)
    with ports.database.writing() as connection:
        connection.execute(text("UPDATE solves SET answer = NULL"))
    shown = team.get(PATH).text
    assert "not saved" in shown
    assert "accepted later" in shown
    assert ("solve", "one", None, None, 40) in entries(team)


def test_a_closed_puzzle_is_not_offered(team: PageClient) -> None:
    shown = BeautifulSoup(team.get(PATH).text, "html5lib")
    assert [one["value"] for one in shown.select("option")] == ["", "one", "two"]


def test_a_puzzle_that_was_withdrawn_is_called_so(team: PageClient, ports: Ports) -> None:
    team.guess("one", "hen")
    content = ports.in_force.content
    kept = tuple(one for one in content.puzzles if one.key != "one")
    gone = content.puzzles_by_key["one"].id
    ports.in_force.put(Content(2, content.levels, kept, content.divisions))
    shown = BeautifulSoup(team.get(PATH).text, "html5lib")
    assert [one.get_text() for one in shown.select("tbody th")] == ["Withdrawn puzzle"]
    assert gone not in shown.get_text()
    assert entries(team) == [("guess", gone, "hen", "wrong", None)]
