"""Hint credits from the command line."""

from __future__ import annotations

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.accounts import in_play, rows
from tests.support.client import PageClient
from tests.support.hunts import hunt


@pytest.fixture
def world(app: Flask) -> Ports:
    ports = in_play(app)
    for name in ("Owls", "Larks"):
        client: PageClient = app.test_client()  # type: ignore[assignment]
        assert client.register(name).status_code == 303
    return ports


def credits(ports: Ports) -> dict[str, int]:
    return {str(name): int(has) for name, has in rows(ports, "SELECT name, hint_credits FROM teams")}


def test_credits_go_to_everybody_or_to_one_team_and_back(app: Flask, world: Ports) -> None:
    assert hunt(app, "grant", "all", "2").startswith("2 teams got 2 each")
    assert hunt(app, "grant", "owls", "3", "--reason", "a broken hint").startswith("1 team got 3 each")
    assert credits(world) == {"Owls": 5, "Larks": 2}
    hunt(app, "grant", "all", "-4")
    assert credits(world) == {"Owls": 1, "Larks": 0}
    hunt(app, "audit")


@pytest.mark.parametrize("words", [("nobody", "1"), ("division:none", "1"), ("all", "0"), ("all", "1001")])
def test_a_grant_that_cannot_be_says_why_and_changes_nothing(app: Flask, world: Ports, words: tuple[str, str]) -> None:
    assert hunt(app, "grant", *words, code=1).startswith("Error: ")
    assert credits(world) == {"Owls": 0, "Larks": 0}
