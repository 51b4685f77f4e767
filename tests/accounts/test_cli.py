"""Accounts from the command line: an admin, and a link for a team."""

from __future__ import annotations

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.accounts import in_play, rows
from tests.support.client import PASSWORD, PageClient
from tests.support.hunts import hunt


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Ports:
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    return in_play(app)


def say(app: Flask, *words: str, typed: str = "") -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["hunt", *words], input=typed)
    return done.exit_code, str(done.output)


def test_an_admin_is_made_with_a_password_from_the_prompt(app: Flask, world: Ports) -> None:
    code, output = say(app, "admin", "Chief", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert (code, "Chief is now an admin." in output) == (0, True)
    assert PASSWORD not in output
    assert rows(world, "SELECT name, role FROM teams") == [("Chief", "admin")]
    assert app.test_client().login("Chief").status_code == 303  # type: ignore[attr-defined]


def test_an_admin_is_made_with_a_password_from_the_environment(
    app: Flask, world: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    assert "Chief is now an admin." in hunt(app, "admin", "Chief")
    assert rows(world, "SELECT actor, action, subject FROM audit") == [("command line", "team.admin", "Chief")]


def test_a_team_is_promoted_and_may_keep_its_password(app: Flask, world: Ports) -> None:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("Owls")
    assert say(app, "admin", "owls", typed="\n\n")[0] == 0
    assert rows(world, "SELECT role, epoch FROM teams") == [("admin", 0)]


@pytest.mark.parametrize(("name", "typed", "words"), [("x", PASSWORD, "3–32"), ("Chief", "short", "at least 8")])
def test_what_is_wrong_is_said_and_nothing_is_made(app: Flask, world: Ports, name: str, typed: str, words: str) -> None:
    code, output = say(app, "admin", name, typed=f"{typed}\n{typed}\n")
    assert (code, words in output) == (1, True)
    assert rows(world, "SELECT id FROM teams") == []


def test_a_password_that_is_no_text_is_refused_in_a_sentence(app: Flask, world: Ports) -> None:
    done = app.test_cli_runner().invoke(args=["hunt", "admin", "Chief"], input=b"p\xe4ssword\n" * 2)
    assert (done.exit_code, done.stderr) == (1, "Error: What came is not text in UTF-8.\n")
    assert rows(world, "SELECT id FROM teams") == []


def test_a_link_is_printed_and_works(app: Flask, world: Ports) -> None:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("Owls")
    client.logout()
    link = hunt(app, "reset-link", "OWLS").strip()
    assert client.get(link).status_code == 200
    assert rows(world, "SELECT actor, action, subject FROM audit") == [("command line", "team.reset_link", "Owls")]


def test_there_is_no_link_for_nobody(app: Flask, world: Ports) -> None:
    assert "There is no team called Nobody" in hunt(app, "reset-link", "Nobody", code=1)


def test_roles_are_set_and_taken_away(app: Flask, world: Ports) -> None:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("Owls")
    assert hunt(app, "roles", "owls", "writer", "helper").strip() == "Owls: helper, writer."
    assert rows(world, "SELECT role, roles FROM teams") == [("writer", "helper writer")]
    assert client.get("/admin/log").status_code == client.get("/admin/content").status_code == 200
    assert hunt(app, "roles", "Owls").strip() == "Owls: a team."
    assert client.get("/admin/log").status_code == 403
    assert rows(world, "SELECT actor, action FROM audit") == [("command line", "team.role")] * 2


@pytest.mark.parametrize(("words", "said"), [(("Nobody", "helper"), "no team called"), (("Chief", "root"), "root")])
def test_roles_of_nobody_and_roles_that_are_none_are_refused(
    app: Flask, world: Ports, words: tuple[str, ...], said: str
) -> None:
    code, output = say(app, "roles", *words)
    assert (code > 0, said in output) == (True, True)


def test_the_command_line_leaves_the_last_admin_as_well(app: Flask, world: Ports) -> None:
    say(app, "admin", "Chief", typed=f"{PASSWORD}\n{PASSWORD}\n")
    code, output = say(app, "roles", "Chief", "helper")
    assert (code, "last admin" in output) == (1, True)
