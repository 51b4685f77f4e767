"""The drill: a backup made while people play is restored into a second instance, which goes on where it was made.

From the shell, as an operator does it, with programs and databases of their own on both sides.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from tests.demo.answers import ANSWERS
from tests.support.client import JSON, Visitor
from tests.support.environment import ROOT, environment
from tests.support.server import node

if TYPE_CHECKING:
    from tests.conftest import Shelves

PASSWORD_OF_ADMIN = "the drill of the night"
ADMIN = {"ADMIN_NAME": "warden", "ADMIN_PASSWORD": PASSWORD_OF_ADMIN}
SHOWN = ("/game", "/leaderboard/teams", "/announcements", "/events?after=0")
PUZZLE = "/game/puzzle/gauges"


def shell(database_url: str, *words: str, code: int = 0) -> str:
    """What a command of the program says in a shell."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(database_url), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def play(url: str) -> list[Visitor]:
    """Three teams in the middle of the hunt."""
    teams = []
    for name, slugs in (("gulls", ("gauges", "clocks")), ("terns", ("gauges",)), ("skuas", ())):
        team = Visitor(url)
        assert team.register(name, division="teams").status_code == 303
        reply = team.guess("manifest", "not that")
        assert reply.json().get("verdict") == "wrong", reply.text
        for slug in slugs:
            assert team.guess(slug, ANSWERS[slug]).json()["verdict"] == "correct"
        teams.append(team)
    return teams


def seen(url: str, teams: list[Visitor]) -> list[Any]:
    """What each team is shown on this instance, without the moment at which the board was made."""
    found = []
    for team in teams:
        here = Visitor(url)
        here.cookies.update(team.cookies)
        replies = [here.get(path, headers=JSON) for path in SHOWN]
        assert [reply.status_code for reply in replies] == [200] * len(SHOWN)
        told = [{name: value for name, value in reply.json().items() if name != "at"} for reply in replies]
        page = BeautifulSoup(here.get(PUZZLE).text, "html5lib")
        found.append((told, page.select_one("main").get_text(" ", strip=True)))  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize("kept_in", ["sqlite", "postgresql"])
def test_a_backup_made_during_the_hunt_goes_on_in_a_second_instance(
    shelves: Shelves, tmp_path: Path, kept_in: str
) -> None:
    backup = tmp_path / "hunt.jsonl"
    with shelves[kept_in].fresh() as first_url, shelves["postgresql"].fresh() as second_url:
        with node(first_url, ADMIN, ["--demo"]) as first:
            teams = play(first.url)
            assert "rows to" in shell(first_url, "hunt", "backup", str(backup))
            before = seen(first.url, teams)
        shell(second_url, "db", "upgrade")
        assert "Restored" in shell(second_url, "hunt", "restore", str(backup))
        shell(second_url, "hunt", "audit")
        with node(second_url) as second:
            assert seen(second.url, teams) == before
            goes_on(second.url, teams)
        shell(second_url, "hunt", "audit")


def goes_on(url: str, teams: list[Visitor]) -> None:
    """What was tried there is a repeat here, what was solved is solved, and numbers go on after the last."""
    gulls, _, skuas = teams
    for team in (gulls, skuas):
        team.url = url
    assert gulls.guess("manifest", "not that").json()["verdict"] == "repeat"
    again = gulls.guess("gauges", ANSWERS["gauges"])
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_solved")
    assert skuas.guess("gauges", ANSWERS["gauges"]).json()["points"] > 0
    newcomer = Visitor(url)
    assert newcomer.register("petrels", division="teams").status_code == 303
