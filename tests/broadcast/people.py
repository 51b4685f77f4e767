"""Teams and organisers of the real servers, and what they do again and again."""

from __future__ import annotations

from typing import Any

import requests

from tests.support.client import PASSWORD, Visitor
from tests.support.server import Node
from tests.support.sockets import Page

TOKEN = "a token that nobody guesses"
ADMIN = {"ADMIN_NAME": "keeper", "ADMIN_PASSWORD": PASSWORD, "BROADCAST_TOKEN": TOKEN}


def api(server: Node, path: str, **body: Any) -> Any:
    """Call the broadcast API."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    reply = requests.post(f"{server.url}/api/{path}", json=body, headers=headers, timeout=20)
    assert reply.status_code == 200, reply.text
    return reply.json()


def team(server: Node, name: str, division: str = "teams") -> Visitor:
    """A team that has just registered."""
    visitor = Visitor(server.url)
    assert visitor.register(name, division=division).status_code == 303
    return visitor


def first_puzzle(visitor: Visitor) -> str:
    """The key of a puzzle that is open."""
    levels = visitor.get("/game", headers={"Accept": "application/json"}).json()["levels"]
    return str(levels[0]["puzzles"][0]["key"])


def texts(page: Page) -> list[str]:
    """The alerts that have come, as texts."""
    return [alert["text"] for alert in page.events("alert")]
