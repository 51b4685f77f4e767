"""Who may have a file that travels inside the content: it is as locked as what shows it."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from flask import Flask

from app.content.assets import read_asset
from app.core.model import Page
from tests.support.accounts import in_play
from tests.support.client import PageClient
from tests.support.world import small_content

FILES = {
    name: f"data:text/plain;base64,{base64.b64encode(name.encode()).decode()}"
    for name in ("page", "style", "level", "open", "locked", "unused")
}
PATHS = {name: read_asset(uri).path for name, uri in FILES.items()}


@pytest.fixture
def team(app: Flask) -> PageClient:
    small = small_content()
    bodies = {"one": PATHS["open"], "deep": PATHS["locked"]}
    in_play(
        app,
        assets=FILES,
        puzzles=tuple(replace(puzzle, body_html=bodies.get(puzzle.key, "")) for puzzle in small.puzzles),
        levels=(replace(small.levels[0], description_html=PATHS["level"]), *small.levels[1:]),
        pages=(Page("rules", "Rules", PATHS["page"]),),
        site_css=f"body {{ background: url({PATHS['style']}) }}",
    )
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    return client


def had(client: PageClient) -> set[str]:
    """The names of the files that this client gets."""
    return {name for name, path in PATHS.items() if client.get(path).status_code == 200}


def test_everybody_may_have_the_files_of_pages_and_of_the_sites_style(app: Flask, team: PageClient) -> None:
    assert had(app.test_client()) == {"page", "style"}  # type: ignore[arg-type]


def test_a_team_may_have_the_files_of_what_is_open_to_it(team: PageClient) -> None:
    assert had(team) == {"page", "style", "level", "open"}
