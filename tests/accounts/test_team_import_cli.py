"""A list of teams from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.accounts import in_play, rows


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


def say(app: Flask, *words: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["hunt", "import-teams", *words])
    return done.exit_code, str(done.output)


def listed(folder: Path, text: str) -> str:
    path = folder / "teams.csv"
    path.write_text("name,display_name,division\n" + text)
    return str(path)


def test_a_dry_run_changes_nothing(app: Flask, world: Ports, tmp_path: Path) -> None:
    code, output = say(app, listed(tmp_path, "owls,Owls,open\n"), "--dry-run")
    assert (code, "1 teams would be imported" in output) == (0, True)
    assert rows(world, "SELECT count(*) FROM teams") == [(0,)]


def test_each_team_taken_in_gets_a_link(app: Flask, world: Ports, tmp_path: Path) -> None:
    code, output = say(app, listed(tmp_path, "owls,Owls,open\nbats,Bats,quiet\n"))
    assert code == 0
    links = [line.rpartition(",")[2] for line in output.splitlines() if "/account/reset/" in line]
    assert [app.test_client().get(link).status_code for link in links] == [200, 200]
    assert rows(world, "SELECT actor, action FROM audit") == [("command line", "team.import")]


def test_a_fault_is_said_with_its_line_and_keeps_all_out(app: Flask, world: Ports, tmp_path: Path) -> None:
    code, output = say(app, listed(tmp_path, "owls,Owls,open\nab,Ab,open\n"))
    assert code == 1
    assert "Line 3, ab:" in output
    assert rows(world, "SELECT count(*) FROM teams") == [(0,)]


def test_a_file_that_is_not_there_is_a_sentence(app: Flask, world: Ports, tmp_path: Path) -> None:
    code, output = say(app, str(tmp_path / "nothing.csv"))
    assert code == 1
    assert "Traceback" not in output


def test_a_dry_run_names_the_columns_that_are_not_read(app: Flask, world: Ports, tmp_path: Path) -> None:
    path = tmp_path / "teams.csv"
    path.write_text("team,E-mail,phone,division\nowls,a@example.org,1,open\n")
    code, output = say(app, str(path), "--dry-run")
    assert code == 0
    assert "The column “phone” is not read." in output
    assert "The column “E-mail” is read as emails." in output
    assert rows(world, "SELECT count(*) FROM teams") == [(0,)]
