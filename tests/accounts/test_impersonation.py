"""An admin sees the site as a team does: exactly as the team, under a banner, in the audit, and unable to write."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.database.engine import ReadOnly, allow_writing, forbid_writing
from app.ports import Ports
from tests.support.accounts import in_play, rows
from tests.support.client import PageClient
from tests.support.organisers import add_account, audited, enter

COUNTS = ", ".join(f"(SELECT count(*) FROM {table})" for table in ("guesses", "unlocks", "log", "ledger"))
STATE = f"SELECT {COUNTS}"


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


@pytest.fixture
def owls(world: Ports) -> int:
    return add_account(world, "owls", display_name="The <b>Owls</b>", score=40, hint_credits=3)


@pytest.fixture
def looking(admin: PageClient, owls: int) -> PageClient:
    assert admin.send_form(f"/admin/teams/{owls}/see").location == "/game"
    return admin


def page(reply: Any) -> BeautifulSoup:
    return BeautifulSoup(reply.text, "html5lib")


def first_puzzle(client: PageClient) -> str:
    link = page(client.get("/game")).select_one(".card-title a")
    assert link is not None
    return str(link["href"])


def test_the_pages_are_the_team_s_under_a_banner(looking: PageClient) -> None:
    seen = page(looking.get("/game"))
    banner = seen.select_one(".banners")
    assert banner is not None
    assert "Viewing as The <b>Owls</b> (read-only)" in banner.text
    assert seen.select_one("header .menu summary bdi").text == "The <b>Owls</b>"  # type: ignore[union-attr]
    assert seen.select_one('[data-live="score"]').text == "40"  # type: ignore[union-attr]
    # No page of a borrowed view listens, says that it has seen something, or is counted among those online.
    assert "data-last-event" not in seen.body.attrs  # type: ignore[union-attr]
    assert looking.get("/game", headers={"Accept": "application/json"}).json["team"]["name"] == "owls"  # type: ignore[index]


def test_looking_leaves_no_trace_but_in_the_audit(looking: PageClient, world: Ports) -> None:
    before = rows(world, STATE)
    assert looking.get(first_puzzle(looking)).status_code == 200
    for path in ("/story", "/leaderboard", "/announcements", "/account", "/"):
        assert looking.get(path).status_code == 200, path
    assert rows(world, STATE) == before
    assert ("keeper", "see_as", "owls") in audited(world)


@pytest.mark.parametrize("more", ["", "/hints/take", "/hints/ask", "/powerups/skip", "/powerups/close"])
def test_nothing_that_a_team_sends_is_taken(looking: PageClient, world: Ports, more: str) -> None:
    path = first_puzzle(looking)
    before = rows(world, STATE)
    form = {"answer": "x", "question": "x", "pay": "credit"}
    assert looking.send_form(path + more, form).status_code == 403
    refused = looking.send_json(path + more, form)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "forbidden")
    assert rows(world, STATE) == before


def test_nothing_that_an_admin_or_an_account_sends_is_taken(looking: PageClient, world: Ports, owls: int) -> None:
    assert looking.send_form(f"/admin/teams/{owls}/ban").status_code == 403
    assert looking.send_form("/admin/lockdown", {"lockdown_puzzles": "on"}).status_code in (403, 404, 405)
    assert looking.send_form("/account", {"display_name": "Mice"}).status_code == 403
    assert rows(world, "SELECT is_banned, display_name FROM teams WHERE name = 'owls'")[0][1] == "The <b>Owls</b>"
    assert not rows(world, "SELECT is_banned FROM teams WHERE name = 'owls'")[0][0]


def test_stopping_gives_the_admin_back(looking: PageClient, owls: int) -> None:
    assert looking.send_form("/admin/see/stop").location == f"/admin/teams/{owls}"
    seen = page(looking.get("/game"))
    assert seen.select_one("header .menu summary bdi").text == "The keeper"  # type: ignore[union-attr]
    assert looking.send_form(f"/admin/teams/{owls}/clear-guesses").status_code == 303


def test_who_is_no_admin_any_more_sees_with_own_eyes(looking: PageClient, world: Ports) -> None:
    with world.database.writing() as connection:
        connection.exec_driver_sql("UPDATE teams SET role = 'helper' WHERE name = 'keeper'")
    seen = page(looking.get("/game"))
    assert seen.select_one("header .menu summary bdi").text == "The keeper"  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ["helper", "writer", "team"])
def test_only_admins_may_look_through_others_eyes(app: Flask, world: Ports, owls: int, role: str) -> None:
    other = enter(app, "aide", role)
    assert other.send_form(f"/admin/teams/{owls}/see").status_code == 403
    assert audited(world) == []


def test_a_team_that_is_not_there_cannot_be_looked_through(admin: PageClient) -> None:
    assert admin.send_form("/admin/teams/999999/see").status_code == 404


def test_the_session_cannot_write_whatever_the_code_would_like(world: Ports) -> None:
    forbid_writing()
    try:
        with pytest.raises(ReadOnly), world.database.writing():
            pass
        done: list[int] = []
        world.later(lambda: done.append(1))
        assert done == []
    finally:
        allow_writing()
    with world.database.writing():
        pass
