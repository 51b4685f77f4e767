"""Who sees which questions: helpers all of them, a writer those about puzzles of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from app.accounts import roles
from app.hints import requests
from app.ports import Ports
from tests.support.accounts import ids, in_play, rows
from tests.support.client import PageClient
from tests.support.organisers import add_account, enter
from tests.support.world import small_content


@pytest.fixture
def world(app: Flask) -> Ports:
    one, two, *others = small_content().puzzles
    puzzles = (replace(one, authors="Ben & The Quill"), replace(two, authors="Ben"), *others)
    return in_play(app, puzzles=puzzles)


@pytest.fixture
def questions(world: Ports) -> tuple[int, int]:
    """A question about the writer's puzzle and one about another's."""
    team = add_account(world, "owls")
    found = [world.in_force.content.puzzle(key) for key in ("one", "two")]
    own, other = (requests.ask(world.for_hunt, team, puzzle, "Stuck.")["request"]["id"] for puzzle in found if puzzle)
    return own, other


@pytest.fixture
def writer(app: Flask, questions: tuple[int, int]) -> PageClient:
    return enter(app, "quill", "writer")


def test_a_writer_sees_and_answers_questions_about_own_puzzles_alone(
    writer: PageClient, world: Ports, questions: tuple[int, int]
) -> None:
    own, other = questions
    queue = writer.get("/admin/hints").text
    assert (f"/admin/hints/{own}" in queue, f"/admin/hints/{other}" in queue, "Waiting (1)" in queue) == (
        True,
        False,
        True,
    )
    assert [writer.get(f"/admin/hints/{number}").status_code for number in questions] == [200, 404]
    for act in ("claim", "answer", "close"):
        assert writer.send_form(f"/admin/hints/{other}/{act}", {"text": "No."}).status_code == 404, act
    assert writer.send_form(f"/admin/hints/{own}/claim").status_code == 303
    assert writer.send_form(f"/admin/hints/{own}/answer", {"text": "Look again."}).status_code == 303
    assert rows(world, "SELECT puzzle_id, state FROM hint_requests ORDER BY id") == [
        ("recOne", "answered"), ("recTwo", "open"),
    ]  # fmt: skip
    assert "Refund" not in writer.get(f"/admin/hints/{own}").text
    assert writer.send_form(f"/admin/hints/{own}/refund").status_code == 403


@pytest.mark.parametrize("more", ["helper", "admin"])
def test_a_writer_who_is_more_than_that_sees_all(
    writer: PageClient, world: Ports, questions: tuple[int, int], more: str
) -> None:
    roles.set_roles(world.database, world.clock, world.broadcaster, ids(world)["quill"], {"writer", more}, "test")
    queue = writer.get("/admin/hints").text
    assert all(f"/admin/hints/{number}" in queue for number in questions)
    assert writer.send_form(f"/admin/hints/{questions[1]}/close").status_code == 303


def test_a_role_that_is_taken_away_closes_its_pages_with_the_next_click(
    writer: PageClient, world: Ports, questions: tuple[int, int]
) -> None:
    assert writer.get("/admin/content").status_code == 200
    roles.set_roles(world.database, world.clock, world.broadcaster, ids(world)["quill"], {"helper"}, "test")
    assert [writer.get(path).status_code for path in ("/admin/content", "/admin/log")] == [403, 200]
    roles.set_roles(world.database, world.clock, world.broadcaster, ids(world)["quill"], (), "test")
    assert [writer.get(path).status_code for path in ("/admin/hints", "/admin/log", "/admin/")] == [403, 403, 403]
    assert writer.get("/account").status_code == 200
