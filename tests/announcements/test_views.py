"""Announcements as pages and as JSON."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.announcements.announcements import publish
from app.ports import Ports
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin, hunt
from tests.support.small_hunt import solve


@pytest.fixture
def site(app: Flask, clock: FixedClock) -> Flask:
    begin(app, clock)
    return app


@pytest.fixture
def ports(site: Flask) -> Ports:
    return site.extensions["infinity"]


@pytest.fixture
def visitor(site: Flask) -> PageClient:
    return site.test_client()  # type: ignore[return-value]


def enter(site: Flask, name: str, division: str = "teams") -> PageClient:
    client: PageClient = site.test_client()  # type: ignore[assignment]
    assert client.register(name, division=division).status_code == 303
    return client


def listed(client: PageClient, query: str = "") -> list[str]:
    reply = client.get(f"/announcements{query}", headers=JSON)
    assert reply.status_code == 200, reply.text
    return [found["title"] for found in reply.json["announcements"]]


def test_the_json_is_what_programs_rely_on(visitor: PageClient, ports: Ports, clock: FixedClock) -> None:
    number = publish(ports.for_content, "A & B", "*Hello*", "ada")
    item = {"id": number, "title": "A & B", "html": "<p><em>Hello</em></p>", "at": clock.now().isoformat()}
    assert visitor.get("/announcements", headers=JSON).json == {"announcements": [item | {"kind": "announcement"}]}


def test_only_what_came_after_is_told_again(visitor: PageClient, ports: Ports) -> None:
    first = publish(ports.for_content, "first", "text", "ada")
    second = publish(ports.for_content, "second", "text", "ada")
    assert listed(visitor, f"?after={first}") == ["second"]
    assert listed(visitor, f"?after={second}") == []
    assert listed(visitor, "?after=0") == listed(visitor, "?after=") == ["second", "first"]


@pytest.mark.parametrize("after", ["abc", "-1", "1.5", "9" * 400, "%00", "٣", "1 or 1=1", "0x1"])
def test_a_number_that_is_none_is_refused(visitor: PageClient, after: str) -> None:
    reply = visitor.get(f"/announcements?after={after}", headers=JSON)
    assert (reply.status_code, reply.json["error"]["code"]) == (400, "invalid_form")
    assert "after" in reply.json["error"]["fields"]
    assert visitor.get(f"/announcements?after={after}").status_code == 200


@pytest.mark.parametrize("number", ["0", "1", "999999999999999999999999999999", "-1", "abc", "1.0"])
def test_an_announcement_that_never_was_is_not_found(visitor: PageClient, number: str) -> None:
    assert visitor.get(f"/announcements/{number}").status_code == 404


def test_one_for_another_division_is_not_found_and_looks_like_none(site: Flask, ports: Ports) -> None:
    number = publish(ports.for_content, "for solo", "text", "ada", "division:solo")
    team, loner = enter(site, "owls"), enter(site, "loner", "solo")
    hidden, unknown = (team.get(f"/announcements/{one}", headers=JSON) for one in (number, number + 1))
    assert (hidden.status_code, hidden.json) == (404, unknown.json)
    assert loner.get(f"/announcements/{number}").status_code == 200
    assert listed(loner) == ["for solo"]
    assert listed(team) == []


def test_an_erratum_reaches_those_who_have_the_puzzle_open_and_unsolved(
    site: Flask, ports: Ports, visitor: PageClient, clock: FixedClock
) -> None:
    team, done = enter(site, "owls"), enter(site, "done")
    puzzles = ports.in_force.content.puzzles
    open_puzzle, locked = puzzles[0], puzzles[-1]
    solve(ports, 2, open_puzzle, clock.now())
    clock.advance(60)
    publish(ports.for_content, "erratum", "text", "ada", "puzzle", "erratum", open_puzzle.id)
    publish(ports.for_content, "of a locked puzzle", "text", "ada", "puzzle", "erratum", locked.id)
    assert listed(team) == ["erratum"]
    assert listed(done) == listed(visitor) == []
    solve(ports, 1, open_puzzle, clock.now() + timedelta(seconds=1))
    assert listed(team) == ["erratum"]


def test_a_page_shows_the_text_and_marks_an_erratum(visitor: PageClient, ports: Ports) -> None:
    number = publish(ports.for_content, "<script>alert(1)</script>", "A <b onclick=x>*word*</b>", "ada", kind="erratum")
    for path in ("/announcements", f"/announcements/{number}"):
        page = visitor.get(path).text
        assert "<script>alert" not in page
        assert "onclick" not in page
        assert "Erratum" in page
        assert "<em>word</em>" in page


def test_an_empty_list_says_so(visitor: PageClient) -> None:
    assert "No news yet" in visitor.get("/announcements").text


def test_the_front_page_has_the_newest_three(visitor: PageClient, ports: Ports, clock: FixedClock) -> None:
    for number in range(5):
        publish(ports.for_content, f"news no {number}", "text", "ada")
        clock.advance(1)
    page = visitor.get("/").text
    assert [f"news no {number}" in page for number in range(5)] == [False, False, True, True, True]


def test_one_is_published_from_the_command_line(site: Flask, visitor: PageClient, tmp_path: object) -> None:
    from pathlib import Path

    body = Path(str(tmp_path)) / "news.md"
    body.write_text("The *ferry* is late.")
    assert hunt(site, "announce", "Ferry", "--body", str(body)).startswith("Published as announcement")
    assert listed(visitor) == ["Ferry"]
