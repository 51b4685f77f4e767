"""What surrounds every request: headers, nonces, tokens, limits, refusals as page and as JSON, the one query."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask, before_render_template
from sqlalchemy import Engine, event
from werkzeug.exceptions import InternalServerError

from app.database import hunt_state
from app.database.engine import ConnectionDied, DatabaseBusy
from app.errors import CODES
from app.extensions import db
from app.ports import Ports
from tests.support.accounts import in_play, set_now
from tests.support.client import JSON, PageClient
from tests.support.hunts import path_of, rules
from tests.support.kept_pages import without_kept_pages

PAGES = ("/", "/account/login", "/account/register", "/leaderboard", "/announcements", "/page/rules", "/no/such/page")
TEAM_PAGES = ("/game", "/game/shallows", "/game/puzzle/one", "/game/puzzle/one?print=1", "/story", "/account")


@pytest.fixture
def visitor(app: Flask, ports: Ports) -> PageClient:
    return app.test_client()  # type: ignore[return-value]


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    return client


def refused(reply: Any) -> tuple[int, str]:
    error = reply.get_json()["error"]
    assert error["message"]
    assert CODES[error["code"]][0] == reply.status_code
    return reply.status_code, error["code"]


# --- headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, *TEAM_PAGES, "/healthz", "/game/puzzle/one/style.css"])
def test_every_answer_is_protected(team: PageClient, path: str) -> None:
    headers = team.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "*" not in headers["Content-Security-Policy"]


def test_scripts_and_styles_come_from_the_site_alone_so_that_none_needs_a_nonce(team: PageClient) -> None:
    reply = team.get("/game/puzzle/one")
    assert "script-src 'self'; style-src 'self'; " in reply.headers["Content-Security-Policy"]
    assert "nonce" not in reply.text


@pytest.mark.parametrize("path", TEAM_PAGES)
def test_what_a_team_sees_is_kept_by_no_cache_but_that_of_a_browser_which_asks_each_time(
    team: PageClient, path: str
) -> None:
    headers = team.get(path).headers
    assert headers["Cache-Control"] == ("private, no-cache" if "ETag" in headers else "private, no-store")


def test_strict_transport_is_asked_for_over_https_alone(make_app: Any) -> None:
    app = make_app(TRUSTED_PROXIES="1", SITE_URL="https://hunt.example")
    in_play(app)
    by_https = app.test_client().get("/", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" in by_https.headers
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers


def test_without_a_trusted_proxy_no_forwarded_header_is_believed(visitor: PageClient) -> None:
    forged = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    }
    reply = visitor.get("/game", headers=forged)
    assert (reply.status_code, reply.location) == (303, "/account/login?next=/game")
    shown = visitor.get("/", headers=forged)
    assert "Strict-Transport-Security" not in shown.headers
    assert "Secure" not in shown.headers.get("Set-Cookie", "")
    assert "evil" not in shown.text


@pytest.mark.parametrize("proxies", [{}, {"TRUSTED_PROXIES": "1", "SITE_URL": "https://hunt.example"}])
def test_the_number_of_a_request_is_ours_and_one_from_outside_is_kept_beside_it(
    make_app: Any, caplog: pytest.LogCaptureFixture, proxies: dict[str, str]
) -> None:
    app = make_app(**proxies)
    in_play(app)
    seen = []
    for given in ("forged-0123456789", "x" * 65, "a b", "short", "<script>alert(1)</script>"):
        caplog.clear()
        with caplog.at_level(logging.INFO, "infinity.requests"):
            reply = app.test_client().get("/", headers={"X-Request-ID": given})
        (line,) = (vars(record) for record in caplog.records if record.name == "infinity.requests")
        assert line["request_id"] == reply.headers["X-Request-ID"] != given
        seen.append(line.get("outside_id"))
    assert seen == ["forged-0123456789", None, None, None, None]


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_a_post_without_a_token_is_an_invalid_form(team: PageClient) -> None:
    for token in ({}, {"X-CSRFToken": ""}, {"X-CSRFToken": "nonsense"}, {"X-CSRFToken": "é" * 5000}):
        headers = {**JSON, **{name: value.encode().decode("latin-1") for name, value in token.items()}}
        reply = team.post("/game/puzzle/one", data={"answer": "owl"}, headers=headers)
        assert refused(reply) == (400, "invalid_form")
    by_form = team.post("/game/puzzle/one", data={"answer": "owl"})
    assert by_form.status_code == 400
    assert "This page expired" in by_form.text


def test_a_token_belongs_to_its_session(app: Flask, team: PageClient) -> None:
    other = app.test_client()
    headers = {**JSON, "X-CSRFToken": other.token()}  # type: ignore[attr-defined]
    assert refused(team.post("/game/puzzle/one", data={"answer": "owl"}, headers=headers)) == (400, "invalid_form")


def test_a_token_lasts_as_long_as_its_session(team: PageClient, clock: Any) -> None:
    headers = {**JSON, "X-CSRFToken": team.token()}
    clock.advance(47 * 3600)
    assert team.post("/game/puzzle/one", data={"answer": "owl"}, headers=headers).status_code == 200


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/game/puzzle/one", "/account/login", "/account/register", "/account"])
def test_a_body_that_is_too_large_is_refused_unread(team: PageClient, path: str) -> None:
    headers = {**JSON, "X-CSRFToken": team.token()}
    reply = team.post(path, data={"answer": "x" * 300_000}, headers=headers)
    assert refused(reply) == (413, "too_large")
    assert reply.headers["Connection"] == "close"
    assert refused(team.post(path, data="[" * 300_000, content_type="application/json", headers=headers))[0] == 413


def test_a_form_of_a_thousand_parts_is_refused(team: PageClient) -> None:
    boundary = "b"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="answer"\r\n\r\nx\r\n'
    body = part * 1000 + f"--{boundary}--\r\n"
    headers = {**JSON, "X-CSRFToken": team.token()}
    kind = f"multipart/form-data; boundary={boundary}"
    assert refused(team.post("/game/puzzle/one", data=body, content_type=kind, headers=headers)) == (413, "too_large")


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no/such/page", 404, "not_found"),
        ("GET", "/game/puzzle/nobody", 404, "not_found"),
        ("POST", "/game", 405, "method_not_allowed"),
        ("GET", "/account/logout", 405, "method_not_allowed"),
        ("DELETE", "/game", 405, "method_not_allowed"),
    ],
)
def test_a_refusal_is_a_page_or_json_as_asked(team: PageClient, method: str, path: str, status: int, code: str) -> None:
    token = {"X-CSRFToken": team.token()}
    assert refused(team.open(path, method=method, headers={**JSON, **token})) == (status, code)
    as_page = team.open(path, method=method, headers=token)
    assert as_page.status_code == status
    assert as_page.mimetype == "text/html"
    assert BeautifulSoup(as_page.text, "html5lib").select_one(f'[data-code="{code}"]')


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("application/json, text/plain, */*", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
        ("nonsense;;q=x", False),
    ],
)
def test_json_is_for_those_who_ask_for_it(team: PageClient, accept: str, is_json: bool) -> None:
    reply = team.get("/no/such/page", headers={"Accept": accept})
    assert (reply.mimetype == "application/json") is is_json


def test_who_is_not_logged_in_is_led_to_the_login_or_told_so_before_the_token_is_looked_at(
    visitor: PageClient,
) -> None:
    for token in ({}, {"csrf_token": "of a session that has ended"}):
        reply = visitor.post("/game/puzzle/one", data={"answer": "owl", **token})
        assert (reply.status_code, reply.location) == (303, "/account/login?next=/game/puzzle/one")
        reply = visitor.post("/game/puzzle/one/hints/take", data=token)
        assert (reply.status_code, reply.location) == (303, "/account/login")
        assert refused(visitor.post("/game/puzzle/one", data=token, headers=JSON)) == (401, "login_required")
    assert visitor.post("/game/puzzle/one", json={"answer": "owl"}).status_code == 401
    assert refused(visitor.send_json("/game/puzzle/one", {"answer": "owl"})) == (401, "login_required")


def test_a_fault_of_ours_shows_a_number_and_nothing_else(
    app: Flask, team: PageClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks() -> str:
        raise RuntimeError("the secret is hunter2")

    monkeypatch.setitem(app.view_functions, "story.told", breaks)
    with caplog.at_level(logging.ERROR, "infinity.faults"):
        as_page, as_json = team.get("/story"), team.get("/story", headers=JSON)
    assert refused(as_json) == (500, "internal")
    assert as_page.headers["X-Request-ID"] in as_page.text
    for reply in (as_page, as_json):
        assert "hunter2" not in reply.text
        assert "Traceback" not in reply.text
    assert as_page.headers["X-Request-ID"] in caplog.text


@pytest.mark.parametrize("problem", [DatabaseBusy, ConnectionDied])
def test_whatever_kind_of_trouble_the_database_has_the_site_is_busy(
    team: PageClient, monkeypatch: pytest.MonkeyPatch, problem: type[Exception]
) -> None:
    def fail(*_words: object, **_more: object) -> None:
        raise problem

    monkeypatch.setattr("app.middleware.team_reload.read_page_row", fail)
    reply = team.get("/game", headers=JSON)
    assert (refused(reply), reply.headers["Retry-After"]) == ((503, "busy"), "5")


@pytest.mark.parametrize("problem", [InternalServerError, NotImplementedError])
def test_a_fault_in_answering_a_fault_is_told_as_one(
    app: Flask, team: PageClient, monkeypatch: pytest.MonkeyPatch, problem: type[Exception]
) -> None:
    def fail(*_words: object, **_more: object) -> None:
        raise problem

    monkeypatch.setattr("app.middleware.team_reload.read_page_row", fail)
    assert refused(team.get("/game", headers=JSON)) == (500, "internal")


def test_a_banner_names_each_closed_switch_to_admins_only(app: Flask, ports: Ports, team: PageClient) -> None:
    from tests.support.organisers import enter

    for name in ("puzzles", "registration", "leaderboard"):
        set_now(ports, **{f"lockdown_{name}": "on"})
    text = enter(app, "Chief", "admin").get("/").text
    assert [name for name in ("puzzles", "registration", "leaderboard") if f"Closed to teams: {name}" in text] == [
        "puzzles", "registration", "leaderboard",
    ]  # fmt: skip
    assert "Closed to teams" not in team.get("/").text


# --- the one query ---------------------------------------------------------------------------------------------------

# What a page costs in statements. The first is always the team reload. The home page and the announcements read what
# was published; the account page what the team has set up for its programs; a board reads its snapshot, and (once in
# five seconds, for everybody) what it is made of.
COSTS = {
    "/game": 1,
    "/game/shallows": 1,
    "/game/puzzle/one": 1,
    "/game/puzzle/one?print=1": 1,
    "/game?print=1": 1,
    "/game?access=text+only": 1,
    "/game/puzzle/one/style.css": 1,
    "/story": 1,
    "/account": 3,
    "/account/login": 1,
    "/page/rules": 1,
    "/no/such/page": 1,
    "/": 2,
    "/announcements": 2,
    "/healthz": 0,
}


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that any engine sends meanwhile, what opens and ends transactions aside."""
    heard: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not re.match(r"\s*(BEGIN|COMMIT|ROLLBACK|PRAGMA|SET)\b", statement):
            heard.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


@pytest.mark.parametrize("path", COSTS)
def test_a_page_costs_one_query_and_those_that_cost_more_are_known(app: Flask, team: PageClient, path: str) -> None:
    team.get(path)
    with statements() as heard, without_kept_pages(app):
        team.get(path)
    assert len(heard) == COSTS[path], heard
    team.get(path)
    with statements() as heard:
        reply = team.get(path)
    assert len(heard) == (1 if "ETag" in reply.headers else COSTS[path]), heard


def test_a_version_that_cannot_be_loaded_does_not_make_a_page_ask_again(team: PageClient, ports: Ports) -> None:
    with ports.database.writing() as connection:
        hunt_state.point_to_version(connection, 1_000)
    with statements() as heard:
        assert team.get("/game").status_code == 200
    # The page's own query, and the look for that version.
    assert len(heard) == 2, heard


def test_a_guess_that_was_made_before_costs_no_hashing(app: Flask, team: PageClient, ports: Ports) -> None:
    team.guess("one", "dove")
    hashed = hashes_made(app)
    assert team.guess("one", "dove").get_json()["verdict"] == "repeat"
    assert hashed == Counter()


def test_the_connection_is_back_in_the_pool_before_rendering_and_hashing(
    app: Flask, team: PageClient, ports: Ports
) -> None:
    with app.app_context():
        pool = db.engine.pool
    held: dict[str, int] = {}

    def note(_app: Flask, template: Any, **_: Any) -> None:
        held[template.name] = max(held.get(template.name, 0), pool.checkedout())  # type: ignore[attr-defined]

    with before_render_template.connected_to(note, app):
        for rule in rules(app, "GET"):
            team.get(path_of(rule, puzzle="one", level="shallows", code="open"))
        team.get("/game/puzzle/one?print=1")
        team.send_form("/account", {"part": "profile", "display_name": ""})
    assert {"game/puzzle.html", "game/levels.html", "game/print.html", "boards/board.html"} <= set(held)
    assert set(held.values()) == {0}, held

    hashed = hashes_made(app)
    team.guess("one", "pigeon")
    team.logout()
    team.login("Owls")
    assert set(hashed) == {("guess", 0), ("login", 0)}


def hashes_made(app: Flask) -> Counter[tuple[str, int]]:
    """From now on: how often something was hashed, by lane and by how many connections were held meanwhile."""
    made: Counter[tuple[str, int]] = Counter()
    ports: Ports = app.extensions["infinity"]
    with app.app_context():
        pool = db.engine.pool

    class Watched:
        def expect_room(self, lane: str) -> None:
            ports.hasher.expect_room(lane)

        def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
            made[lane, pool.checkedout()] += 1  # type: ignore[attr-defined]
            return ports.hasher.check(lane, secret, hashed)  # type: ignore[arg-type]

        def make(self, lane: str, secret: bytes, cost: int) -> str:
            made[lane, pool.checkedout()] += 1  # type: ignore[attr-defined]
            return ports.hasher.make(lane, secret, cost)  # type: ignore[arg-type]

    app.extensions["infinity"] = replace(ports, hasher=Watched())  # type: ignore[arg-type]
    return made
