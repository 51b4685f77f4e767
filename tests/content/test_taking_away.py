"""Restocks that take from teams what they have: said before, done by a person alone, and nobody ends up on no board."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, update

from app.content import cli as content_cli
from app.content import queries as content_queries
from app.content.preparation import TakesAway
from app.content.restock import RestockOvertaken, prepare, put_live, restock, rollback
from app.content.sources.json_file import read_text
from app.content.versions import read_version
from app.database.schema import ContentVersion, Solve, Team
from app.ports import Ports
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT
from tests.support.hunts import hunt
from tests.support.organisers import add_account
from tests.support.records import HASH


def tables(*divisions: str, puzzles: tuple[str, ...] = ("one", "two")) -> dict[str, Any]:
    level = {"id": "recL", "fields": {"Title": "L", "Unlocked": True}}
    fields = {"Level": ["recL"], "Unlocked": True, "ContentText": "x", "Solution": HASH}
    made = [{"id": f"rec{name}", "fields": {"Title": name.title(), "Slug": name} | fields} for name in puzzles]
    found = {"Levels": [level], "Puzzles": made, "Hints": []}
    if divisions:
        box = {"Public": True, "Ranked": True}
        found["Divisions"] = [
            {"id": f"rec{code}", "fields": {"Code": code, "Name": code.title()} | box} for code in divisions
        ]
    return {"format": 1, "tables": found}


def written(path: Path, whole: dict[str, Any]) -> str:
    path.write_text(json.dumps(whole))
    return str(path)


@pytest.fixture
def first(tmp_path: Path) -> str:
    return written(tmp_path / "first.json", tables())


@pytest.fixture
def other(tmp_path: Path) -> str:
    """The division open is gone from it."""
    return written(tmp_path / "other.json", tables("solo"))


@pytest.fixture
def world(app: Flask, first: str) -> Ports:
    """A hunt with one division, open, and a team in it."""
    hunt(app, "restock", "--from", first)
    ports: Ports = app.extensions["infinity"]
    add_account(ports, "owls")
    return ports


def move(ports: Ports, division: str) -> None:
    with ports.database.writing() as connection:
        connection.execute(update(Team).values(division=division))


def solve(ports: Ports, puzzle: str) -> None:
    with ports.database.writing() as connection:
        row = {"team_id": 1, "puzzle_id": puzzle, "solved_at": ports.clock.now(), "points": 1, "is_late": False}
        connection.execute(insert(Solve).values(**row))


def test_without_a_terminal_a_restock_that_takes_away_a_division_says_what_and_refuses(
    app: Flask, world: Ports, other: str
) -> None:
    said = hunt(app, "restock", "--from", other, code=1)
    assert "Warning: Divisions › “Open” (open) › Code: This division goes, and 1 team plays in it." in said
    assert "nothing was changed" in said
    assert hunt(app, "versions").count("\n") == 1


def test_with_yes_it_is_done_and_the_team_is_still_on_a_board_where_nobody_can_join(
    app: Flask, world: Ports, other: str
) -> None:
    said = hunt(app, "restock", "--from", other, "--yes")
    assert "changed: division “Open” (open): closed" in said
    assert said.endswith("Version 2 is in force.\n")
    client: PageClient = app.test_client()  # type: ignore[assignment]
    board = client.get("/leaderboard/open", headers={"Accept": "application/json"}).get_json()
    assert [row["display_name"] for row in board["rows"]] == ["The owls"]
    assert "Open (closed)" in client.get("/leaderboard/open").text
    assert 'value="open"' not in client.get("/account/register").text
    refused = client.send_form(
        "/account/register",
        {"name": "bats", "display_name": "Bats", "division": "open", "password": "x" * 9, "password_again": "x" * 9},
    )
    assert refused.status_code == 400
    details = rows(world, "SELECT details FROM audit WHERE action = 'restock' ORDER BY id DESC")[0][0]
    assert "This division goes" in str(details)


def test_a_closed_division_goes_when_its_teams_are_moved(app: Flask, world: Ports, other: str) -> None:
    hunt(app, "restock", "--from", other, "--yes")
    said = hunt(app, "restock", "--from", other)
    assert "This division is closed, and 1 team plays in it. Move them to another." in said
    assert said.endswith("Nothing has changed; version 2 stays in force.\n")
    assert "There are: solo." in hunt(app, "move-teams", "open", "nowhere", code=1)
    assert "There is no open division open" in hunt(app, "move-teams", "solo", "open", code=1)
    assert hunt(app, "move-teams", "open", "solo") == "1 team is now in solo.\n"
    assert "removed: division “Open” (open)" in hunt(app, "restock", "--from", other)
    assert rows(world, "SELECT actor, subject FROM audit WHERE action = 'teams.move'") == [("command line", "1 teams")]


def test_at_a_terminal_it_asks(app: Flask, world: Ports, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    class Sys:
        stdin, stderr = Terminal, content_cli.sys.stderr

    monkeypatch.setattr(content_cli, "sys", Sys)
    answers = iter([False, True])
    monkeypatch.setattr(content_cli.click, "confirm", lambda words: next(answers))
    assert "nothing was changed" in hunt(app, "restock", "--from", other, code=1)
    assert hunt(app, "restock", "--from", other).endswith("Version 2 is in force.\n")


def test_a_puzzle_with_solves_that_goes_is_asked_about_and_comes_back_with_its_solves(
    app: Flask, world: Ports, tmp_path: Path
) -> None:
    solve(world, "recone")
    less = written(tmp_path / "less.json", tables(puzzles=("two",)))
    assert "1 team has solved it" in hunt(app, "restock", "--from", less, code=1)
    assert "1 team has solved it" in hunt(app, "check", less)
    hunt(app, "restock", "--from", less, "--yes")
    assert hunt(app, "rollback", "1").endswith("Version 1 is in force.\n")
    assert rows(world, "SELECT count(*) FROM solves") == [(1,)]


def test_a_rollback_asks_too_and_keeps_a_division_that_the_older_version_does_not_know(
    app: Flask, world: Ports, tmp_path: Path
) -> None:
    both = written(tmp_path / "both.json", tables("open", "solo"))
    hunt(app, "restock", "--from", both)
    move(world, "solo")
    said = hunt(app, "rollback", "1", code=1)
    assert "Divisions › “Solo” (solo) › Code: This division goes" in said
    said = hunt(app, "rollback", "1", "--yes")
    assert "Version 3 is version 1 with the divisions that teams are in, closed." in said
    assert [(one.code, one.is_closed) for one in world.in_force.content.divisions] == [("open", False), ("solo", True)]


def test_nothing_automatic_takes_away(world: Ports, other: str) -> None:
    source = read_text(Path(other).read_bytes(), "other.json")
    with pytest.raises(TakesAway):
        restock(world.for_content, world.hasher, source, "a job")
    move(world, "solo")
    assert restock(world.for_content, world.hasher, source, "a job").is_new


def test_what_happens_between_the_question_and_the_act_is_asked_about_too(world: Ports) -> None:
    restock(
        world.for_content, world.hasher, read_text(json.dumps(tables("open", "guests", "solo")), "more.json"), "ada"
    )
    found = prepare(world.for_content, world.hasher, read_text(json.dumps(tables("solo")), "less.json"))
    asked: list[set[str]] = []

    def consent(effects: Any) -> bool:
        asked.append({one.record_id for one in effects.taken})
        if len(asked) == 1:
            add_account(world, "bats", division="guests")
        return True

    assert put_live(world.for_content, world.hasher, found, "ada", consent=consent).is_new
    assert asked == [{"open"}, {"open", "guests"}]


def test_what_was_checked_against_another_version_is_not_put_live(world: Ports, tmp_path: Path) -> None:
    found = prepare(
        world.for_content, world.hasher, read_text(json.dumps(tables(puzzles=("one", "two", "three"))), "more.json")
    )
    restock(
        world.for_content,
        world.hasher,
        read_text(json.dumps(tables(puzzles=("one", "two", "four"))), "four.json"),
        "another",
    )
    with pytest.raises(RestockOvertaken):
        put_live(world.for_content, world.hasher, found, "ada", only_on_base=True)
    with pytest.raises(RestockOvertaken):
        rollback(world.for_content, world.hasher, 1, "ada", consent=lambda effects: True, base=1)


def test_a_closed_division_outlives_a_new_shape_of_stored_content(app: Flask, world: Ports, other: str) -> None:
    hunt(app, "restock", "--from", other, "--yes")
    compiled = content_queries.read_compiled(world.database, 2)
    assert compiled is not None
    with world.database.writing() as connection:
        old = json.dumps(json.loads(compiled) | {"shape": 0})
        connection.execute(update(ContentVersion).where(ContentVersion.id == 2).values(compiled=old))
    assert [
        one.code
        for one in read_version(world.database, world.clock, world.hasher, world.prox, 2).divisions
        if one.is_closed
    ] == ["open"]


def test_the_demo_hunt_takes_nothing_from_anybody(app: Flask, clock: FixedClock) -> None:
    hunt(app, "restock", "--from", str(DEMO_HUNT))
    add_account(app.extensions["infinity"], "owls", division="teams")
    assert "Nothing has changed" in hunt(app, "restock", "--from", str(DEMO_HUNT))
