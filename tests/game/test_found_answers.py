"""Where a team's pages show what it found, and that nobody else's do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import text

from app.core.model import Content
from app.guesses.adjustments import Wish, give_solve
from app.ports import Ports
from tests.middleware.test_middleware import statements
from tests.support.accounts import ids, in_play, set_now
from tests.support.client import JSON, PageClient
from tests.support.organisers import audited, enter
from tests.support.small_hunt import change_team
from tests.support.world import small_content

ONE = "/game/puzzle/one"
BOSS = "/game/puzzle/boss"
EVERYWHERE = ("/game", "/game/shallows", ONE, f"{ONE}?print=1", "/game?print=1", BOSS, f"{BOSS}?print=1")


@pytest.fixture
def ports(app: Flask) -> Ports:
    world, content = in_play(app), small_content()
    puzzles = tuple(
        replace(puzzle, success_html="<p>Hoo!</p>") if puzzle.key == "one" else puzzle for puzzle in content.puzzles
    )
    world.in_force.put(Content(1, content.levels, puzzles, content.divisions))
    return world


def member(app: Flask, name: str = "Owls") -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register(name).status_code == 303
    return client


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client = member(app)
    assert client.guess("one", " Ówl <&> ").get_json()["answer"] == "Ówl <&>"
    return client


def page(reply: Any) -> BeautifulSoup:
    assert reply.status_code == 200, reply.text
    return BeautifulSoup(reply.text, "html5lib")


def found(reply: Any) -> list[str]:
    return [one.get_text() for one in page(reply).select(".found-answer") if one.get_text()]


def forget(ports: Ports, value: str | None = None) -> None:
    with ports.database.writing() as connection:
        connection.execute(text("UPDATE solves SET answer = :value"), {"value": value})


def table(reply: Any) -> list[list[str]]:
    rows = page(reply).select(".feeders tr")
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in rows]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_the_team_sees_what_it_found_in_every_place(team: PageClient, path: str) -> None:
    assert "Ówl <&>" in found(team.get(path))


@pytest.mark.parametrize("path", EVERYWHERE)
def test_no_other_team_sees_it(app: Flask, team: PageClient, ports: Ports, path: str) -> None:
    bats = member(app, "Bats")
    give_solve(
        ports.for_hunt,
        ports.encryption,
        ports.in_force.content,
        small_content().puzzles[0],
        Wish(ids(ports)["Bats"], "why", "admin"),
    )
    shown = bats.get(path)
    assert shown.status_code == 200
    assert "wl" not in "".join(found(shown))
    assert "Ówl" not in shown.text
    visitor = app.test_client()
    for public in ("/", "/leaderboard", "/announcements"):
        assert "Ówl" not in visitor.get(public).text


@pytest.mark.parametrize("path", EVERYWHERE)
def test_it_comes_along_in_the_one_query(team: PageClient, path: str) -> None:
    team.get(path)
    with statements() as heard:
        team.get(path)
    assert len(heard) == 1, heard


def test_the_solved_panel_shows_the_authors_own_words_too(team: PageClient) -> None:
    panel = page(team.get(ONE)).select_one("[data-solved]")
    assert panel is not None
    assert "Hoo!" in panel.get_text()
    assert panel.select_one(".found-answer").get_text() == "Ówl <&>"  # type: ignore[union-attr]


def test_the_solved_panel_says_what_the_solve_opened_and_where_to_go_on(team: PageClient) -> None:
    for path in (ONE, f"{ONE}?r=again"):
        panel = page(team.get(path)).select_one("[data-solved]")
        assert panel is not None
        assert [link["href"] for link in panel.select("[data-opened] a")] == ["/game/puzzle/boss"]
        assert panel.select_one(".solved-next a")["href"] == "/game/puzzle/two"  # type: ignore[index]


def test_before_the_solve_the_page_says_neither(app: Flask, ports: Ports) -> None:
    shown = page(member(app).get(ONE))
    assert "Hoo!" not in shown.get_text()
    assert shown.select_one("[data-again]") is None


def test_a_meta_has_a_table_of_what_feeds_it(app: Flask, team: PageClient, ports: Ports) -> None:
    assert table(team.get(BOSS)) == [["Puzzle", "Answer"], ["One", "Ówl <&>"], ["Two", ""]]
    set_now(ports, xp="on")
    change_team(ports, ids(ports)["Owls"], xp=100)
    assert team.send_form("/game/puzzle/two/powerups/skip").status_code == 303
    forget(ports)
    assert table(team.get(BOSS)) == [["Puzzle", "Answer"], ["One", "solved, not saved"], ["Two", "skipped"]]
    assert table(team.get(ONE)) == []


def test_the_table_of_a_meta_names_no_closed_puzzle(app: Flask, team: PageClient, ports: Ports) -> None:
    content = ports.in_force.content
    puzzles = tuple(replace(one, prereq=("recDeep",)) if one.key == "two" else one for one in content.puzzles)
    ports.in_force.put(Content(1, content.levels, puzzles, content.divisions))
    assert table(team.get(BOSS)) == [["Puzzle", "Answer"], ["One", "Ówl <&>"]]
    (boss,) = [one for one in listed(team) if one["key"] == "boss"]
    assert boss["feeders"] == ["one"]


def listed(team: PageClient) -> list[dict[str, Any]]:
    levels = team.get("/game", headers=JSON).get_json()["levels"]
    return [puzzle for level in levels for puzzle in level["puzzles"]]


def test_programs_get_answers_times_and_feeders(team: PageClient, ports: Ports) -> None:
    one, two, boss = listed(team)
    now = ports.clock.now().isoformat()
    assert (one["answer"], one["solved_at"], one["opened_at"]) == ("Ówl <&>", now, now)
    assert (two["answer"], two["solved_at"], two["opened_at"]) == (None, None, now)
    assert boss["feeders"] == ["one", "two"]
    assert "feeders" not in one
    forget(ports)
    assert listed(team)[0]["answer"] is None
    assert listed(team)[0]["solved_at"] == now


def test_a_token_reads_the_answers_of_its_team(app: Flask, team: PageClient, ports: Ports) -> None:
    token = team.send_json("/account/token").get_json()["token"]
    reply = app.test_client().get("/game", headers={"Authorization": f"Bearer {token}"})
    assert reply.get_json()["levels"][0]["puzzles"][0]["answer"] == "Ówl <&>"


@pytest.mark.parametrize(("stored", "words"), [(None, "wasn’t saved"), ("gAAAAlost", "can’t be read any more")])
def test_an_older_or_lost_answer_may_be_typed_again(
    team: PageClient, ports: Ports, stored: str | None, words: str
) -> None:
    forget(ports, stored)
    for path in EVERYWHERE:
        assert "Ówl" not in team.get(path).text
    panel = page(team.get(ONE)).select_one("#answer")
    assert panel is not None
    assert words in panel.get_text()
    wrong = team.send_form(ONE, {"answer": "hen", "once": "k1"})
    assert "Incorrect" in team.get(wrong.headers["Location"]).text
    right = team.send_form(ONE, {"answer": "OWL.", "once": "k2"})
    shown = page(team.get(right.headers["Location"]))
    assert shown.select_one("[data-again]") is None
    assert shown.select_one(".result-title").get_text() == "Correct!"  # type: ignore[union-attr]
    assert found(team.get(ONE)) == ["OWL."]
    assert team.guess("one", "owl").status_code == 409


def test_an_organiser_who_sees_as_the_team_sees_it_and_the_audit_says_so(
    app: Flask, team: PageClient, ports: Ports
) -> None:
    admin = enter(app, "Keeper", "admin")
    number = ids(ports)["Owls"]
    assert "Ówl" not in admin.get(ONE).text
    assert admin.send_form(f"/admin/teams/{number}/see").status_code == 303
    assert "Ówl <&>" in found(admin.get(ONE))
    assert ("Keeper", "see_as", "Owls") in audited(ports)


def test_an_admin_types_the_answer_with_a_solve_given_by_hand(app: Flask, team: PageClient, ports: Ports) -> None:
    admin = enter(app, "Keeper", "admin")
    form = {"which": "recTwo", "reason": "shown on paper", "answer": "Fox!"}
    path = f"/admin/teams/{ids(ports)['Owls']}/solves/give"
    assert admin.send_form(path, form | {"answer": "?"}).status_code == 400
    assert admin.send_form(path, form).status_code == 303
    assert found(team.get("/game/puzzle/two")) == ["Fox!"]


def test_in_the_archive_a_visitor_gets_the_own_answer_back_and_sees_no_teams(
    app: Flask, team: PageClient, ports: Ports
) -> None:
    set_now(ports, archive="on", ends_at="2020-01-01T00:00Z", starts_at="2019-01-01T00:00Z")
    visitor: PageClient = app.test_client()  # type: ignore[assignment]
    assert visitor.guess("one", " owl. ").get_json()["answer"] == "owl."
    assert "answer" not in visitor.guess("one", "hen").get_json()
    assert all("Ówl" not in visitor.get(path).text for path in EVERYWHERE)
    assert "Ówl <&>" in found(team.get(ONE))
