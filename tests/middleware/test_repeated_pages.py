"""A request like one before it is answered without Flask: with the same bytes, and only while all of it holds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from app.errors import Busy
from app.middleware.team_reload import ALIKE, EACH_TIME
from app.ports import Ports
from tests.support.accounts import in_play, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.kept_pages import (
    PATHS,
    change,
    look,
    page_count,
    pages_of,
    team_after_visits,
    without_kept_pages,
)

PUZZLE = "/game/puzzle/one"
repeated = partial(pages_of, "repeated")


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    """Whose pages have all been sent often enough."""
    return team_after_visits(app, 3)


def as_made(app: Flask, team: PageClient, path: str, **more: Any) -> TestResponse:
    with without_kept_pages(app):
        return team.get(path, **more)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", [{}, JSON, {"Accept-Language": "de"}])
def test_the_third_answer_needs_no_flask_and_is_the_same(
    app: Flask, team: PageClient, path: str, headers: dict[str, str]
) -> None:
    for _ in range(3):
        team.get(path, headers=headers)
    kept = page_count("kept")
    before = page_count("repeated")
    again = team.get(path, headers=headers)
    if "Accept" not in headers or "ETag" in again.headers:
        assert (page_count("kept") - kept, page_count("repeated") - before) == (0, 1)
    made = as_made(app, team, path, headers=headers)
    assert look(again) == look(made)
    assert {name for name, _ in again.headers} == {name for name, _ in made.headers}
    for name, value in again.headers:
        assert name in EACH_TIME or made.headers[name] == value, name
    assert int(again.headers["Content-Length"]) == len(again.data)
    assert again.headers["X-Request-ID"] != made.headers["X-Request-ID"]


@pytest.mark.parametrize("path", PATHS)
def test_it_still_asks_the_database_once(app: Flask, ports: Ports, team: PageClient, path: str) -> None:
    seen: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(ports.database.engine, "before_cursor_execute", listen)
    assert repeated(lambda: team.get(path)) == 1
    event.remove(ports.database.engine, "before_cursor_execute", listen)
    assert len(seen) == 1


def test_the_way_to_a_kept_page_reads_nothing_of_a_request_but_what_must_be_alike(app: Flask, team: PageClient) -> None:
    read: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            read.add(name)
            return super().__getitem__(name)

        def get(self, name: str, default: Any = None) -> Any:
            read.add(name)
            return super().get(name, default)

        def __contains__(self, name: object) -> bool:
            read.add(str(name))
            return super().__contains__(name)

    flask = app.wsgi_app
    app.wsgi_app = lambda environ, start: flask(Watched(environ), start)  # type: ignore[method-assign,assignment]
    for path in PATHS:
        team.get(path, headers={"X-Anything": "new", "Referer": path})
    headers = {name for name in read if name.startswith(("HTTP_", "CONTENT_"))}
    # The id from outside and the address of the client are logged; these three decide whether a request is alike.
    logged, decided = {"HTTP_X_REQUEST_ID"}, {"CONTENT_LENGTH", "HTTP_AUTHORIZATION"}
    assert headers <= {*ALIKE, *logged, *decided}


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        ("UPDATE teams SET display_name = 'Crows', display_key = 'crows'", "/"),
        ("UPDATE teams SET is_banned = TRUE", PUZZLE),
        ("UPDATE teams SET epoch = epoch + 1", PUZZLE),
        ("UPDATE teams SET hint_credits = hint_credits + 1", PUZZLE),
        ("UPDATE teams SET role = 'admin', roles = 'admin'", "/game"),
        ("UPDATE unlocks SET viewed_at = NULL", PUZZLE),
        ("INSERT INTO skips (team_id, puzzle_id, skipped_at) SELECT id, 'recOne', created_at FROM teams", PUZZLE),
        ("DELETE FROM unlocks", "/game"),
        ("DELETE FROM teams", "/game"),
    ],
)
def test_what_another_node_changes_shows_with_the_next_click(
    app: Flask, ports: Ports, team: PageClient, statement: str, path: str
) -> None:
    assert repeated(lambda: team.get(path)) == 1
    change(ports, statement)
    came: list[TestResponse] = []
    assert repeated(lambda: came.append(team.get(path))) == 0
    assert look(came[0]) == look(as_made(app, team, path))


def test_settings_that_another_node_changes_show_with_the_next_click(
    make_app: Callable[..., Flask], clock: FixedClock
) -> None:
    one, other = make_app(), make_app()
    in_play(one)
    in_play(other)
    team: PageClient = one.test_client()  # type: ignore[assignment]
    team.register("owls")
    for _ in range(3):
        team.get("/game")
    assert repeated(lambda: team.get("/game")) == 1
    set_now(other.extensions["infinity"], hunt_name="Another Name")
    assert "Another Name" in team.get("/game").text


def test_a_session_that_is_over_or_logged_out_elsewhere_gets_nothing(
    app: Flask, ports: Ports, team: PageClient, clock: FixedClock
) -> None:
    copy: PageClient = app.test_client()  # type: ignore[assignment]
    cookie = team.get_cookie("session")
    assert cookie is not None
    copy.set_cookie("session", cookie.value)
    for _ in range(2):
        copy.get("/game")
    assert repeated(lambda: copy.get("/game")) == 1
    team.send_form("/account/logout")
    assert copy.get("/game").status_code == 303
    team.login("owls")
    for _ in range(3):
        assert team.get("/game").status_code == 200
    clock.advance(timedelta(days=8).total_seconds())
    assert team.get("/game").status_code == 303


def test_time_alone_ends_what_is_repeated(app: Flask, ports: Ports, team: PageClient, clock: FixedClock) -> None:
    set_now(ports, ends_at=(clock.now() + timedelta(minutes=5)).isoformat())
    for _ in range(3):
        team.get(PUZZLE)
    clock.advance(299)
    assert repeated(lambda: team.get(PUZZLE)) == 1
    clock.advance(1)
    assert "The hunt is over" in team.get(PUZZLE).text
    for _ in range(3):
        team.get(PUZZLE)
    clock.set_wall(clock.now() - timedelta(minutes=2))
    assert "The hunt is over" not in team.get(PUZZLE).text


def test_a_browser_that_has_the_page_is_told_so_again_until_it_changes(
    app: Flask, ports: Ports, team: PageClient
) -> None:
    headers = {"If-None-Match": team.get(PUZZLE).headers["ETag"]}
    for _ in range(2):
        team.get(PUZZLE, headers=headers)
    unchanged = page_count("unchanged")
    reply = team.get(PUZZLE, headers=headers)
    assert (reply.status_code, reply.data, page_count("unchanged") - unchanged) == (304, b"", 1)
    assert reply.headers["ETag"] == headers["If-None-Match"]
    assert "Content-Type" not in reply.headers
    change(ports, "UPDATE teams SET hint_credits = hint_credits + 1")
    assert team.get(PUZZLE, headers=headers).status_code == 200


@pytest.mark.parametrize("more", [{"data": b"x"}, {"headers": {"Authorization": "Bearer x"}}, {"method": "HEAD"}])
def test_a_request_of_another_kind_goes_to_flask(team: PageClient, more: dict[str, Any]) -> None:
    assert repeated(lambda: team.open("/game", **{"method": "GET"} | more)) == 0


def test_a_database_that_is_away_is_waited_for_once(
    ports: Ports, team: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(*_asked: object) -> None:
        asked.append(1)
        raise Busy

    monkeypatch.setattr(ports.database, "ask", ask)
    reply = team.get("/game")
    assert (reply.status_code, len(asked)) == (503, 1)


def test_it_is_logged_and_counted_as_every_answer(team: PageClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "infinity.requests")
    caplog.clear()
    reply = team.get(PUZZLE, headers={"X-Request-ID": "outside-0001"})
    record = caplog.records[-1]
    assert (record.route, record.status, record.method) == ("/game/puzzle/<puzzle>", 200, "GET")  # type: ignore[attr-defined]
    assert record.request_id == reply.headers["X-Request-ID"]  # type: ignore[attr-defined]
    assert record.outside_id == "outside-0001"  # type: ignore[attr-defined]
    assert record.team is not None  # type: ignore[attr-defined]
