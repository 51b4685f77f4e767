"""The small hunt with everything on its first puzzle that a writer can put there, and fixtures that play it.

A test file imports the fixtures that it needs by name.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.core.model import Content, StoryBlock
from app.ports import Ports
from tests.support.accounts import in_play
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.world import small_content

PAGE = "/game/puzzle/one"
NAME = "</p><script>alert('owl')</script>{team}"


def dressed() -> Content:
    content = small_content()
    one = replace(
        content.puzzles_by_key["one"],
        description_html="<p>The lead.</p>",
        body_html="<table><tr><th>Bird</th></tr><tr><td>Owl</td></tr></table>",
        css=".puzzle-sheet td { color: var(--accent) }",
        script="document.getElementById('stage').textContent = 1 < 2 && '</script>'",
        erratum_html="<p>Read <em>owl</em>.</p>",
        solution_html="<p>It was <strong>OWL</strong>.</p>",
        story=(StoryBlock("recS1", 1, "<p>Welcome, {team}.</p>"),),
        success_html="<p>Hoo!</p>",
        authors="A <b>Writer</b>",
        access=("text only",),
    )
    boss = replace(content.puzzles_by_key["boss"], story=(StoryBlock("recS2", 1, "<p>The boss speaks.</p>"),))
    others = [puzzle for puzzle in content.puzzles if puzzle.key not in ("one", "boss")]
    return Content(1, content.levels, (one, boss, *others), content.divisions, site_css=".brand { gap: 1px }")


@pytest.fixture
def ports(app: Flask) -> Ports:
    world = in_play(app)
    world.in_force.put(dressed())
    return world


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls", display_name=NAME).status_code == 303
    return client


def page(reply: Any) -> BeautifulSoup:
    assert reply.status_code == 200, reply.text
    return BeautifulSoup(reply.text, "html5lib")


def refused(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.get_json()["error"]["code"]


def at_hours(clock: FixedClock, hours: float) -> str:
    return (clock.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
