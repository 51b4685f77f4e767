"""A walk over all routes: what holds for every one of them, those that somebody adds next year included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from app.accounts.roles import set_roles
from app.extensions import csrf
from app.web.access import policy_of
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import UNKNOWN, begin, keys_by_access, path_of, rules

ROLES = {"helper", "writer", "admin"}
# A GET may note that something was looked at, and keep what it computed for the next reader; nothing else.
MAY_BE_NOTED = re.compile(r"\b(unlocks|snapshots)\b")
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE|TRUNCATE|CREATE|ALTER|DROP)\b", re.IGNORECASE)


@pytest.fixture
def site(app: Flask, clock: FixedClock) -> Flask:
    """The demo hunt, begun an hour ago."""
    begin(app, clock)
    return app


@pytest.fixture
def team(site: Flask) -> PageClient:
    """A team that is logged in."""
    client: PageClient = site.test_client()  # type: ignore[assignment]
    assert client.register("walkers").status_code == 303
    return client


@pytest.fixture
def keys(team: PageClient) -> dict[str, dict[bool, str]]:
    """For ``puzzle`` and ``level``: a key that is open (True) and one that is closed (False) for the team."""
    found: dict[str, dict[bool, str]] = {"puzzle": {}, "level": {}}
    for kind, key, is_open in keys_by_access(team):
        found[kind].setdefault(is_open, key)
    assert all(len(both) == 2 for both in found.values()), found
    return found


@contextmanager
def writes_heard() -> Iterator[list[str]]:
    """Every writing statement that any engine sends meanwhile."""
    heard: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if WRITES.match(statement) and not MAY_BE_NOTED.search(statement):
            heard.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def test_routes_are_read_with_get_and_changed_with_post(site: Flask) -> None:
    methods = {method for rule in site.url_map.iter_rules() for method in rule.methods or ()}
    assert methods <= {"GET", "HEAD", "OPTIONS", "POST"}


def test_nothing_but_the_broadcast_api_is_exempt_from_csrf(site: Flask) -> None:
    for rule in rules(site, "POST"):
        view = site.view_functions[rule.endpoint]
        is_exempt = f"{view.__module__}.{view.__name__}" in csrf._exempt_views
        is_exempt = is_exempt or rule.endpoint.split(".")[0] in csrf._exempt_blueprints
        assert not is_exempt or rule.rule.startswith("/api/"), rule
    assert site.config["WTF_CSRF_ENABLED"] is not False
    assert site.config["WTF_CSRF_CHECK_DEFAULT"] is not False


def test_every_post_without_a_token_is_refused_and_changes_nothing(team: PageClient, keys: Any) -> None:
    open_keys = {kind: both[True] for kind, both in keys.items()}
    accepted = {}
    for rule in rules(team.application, "POST"):
        if rule.rule.startswith("/api/"):
            continue
        with writes_heard() as heard:
            reply = team.post(path_of(rule, **open_keys), data={"answer": "x", "name": "walkers", "password": "x"})
        if reply.status_code not in (400, 403, 404) or heard:
            accepted[rule.rule] = (reply.status_code, heard)
    assert accepted == {}


def test_every_admin_route_names_its_role(site: Flask) -> None:
    found = [rule for method in ("GET", "POST") for rule in rules(site, method) if rule.rule.startswith("/admin")]
    roles_of = {rule.rule: policy_of(site.view_functions[rule.endpoint]).roles for rule in found}
    nameless = [path for path, roles in roles_of.items() if not {"admin"} <= roles <= set(ROLES)]
    assert nameless == []


def test_no_admin_route_answers_a_team_or_a_visitor(team: PageClient, keys: Any) -> None:
    open_keys = {kind: both[True] for kind, both in keys.items()}
    answered = {}
    token = team.token()
    visitor = team.application.test_client()
    for method in ("GET", "POST"):
        for rule in rules(team.application, method):
            if rule.rule.startswith("/admin"):
                path = path_of(rule, **open_keys)
                headers = {**JSON, "X-CSRFToken": token}
                codes = (
                    team.open(path, method=method, headers=headers).status_code,
                    visitor.get(path, headers=JSON).status_code,
                )
                if codes[0] != 403 or codes[1] not in (401, 403, 405):
                    answered[f"{method} {rule.rule}"] = codes
    assert answered == {}


@pytest.mark.parametrize("held", [("helper",), ("writer",), ("helper", "writer"), ("admin",)])
def test_an_admin_route_opens_to_the_roles_it_names_and_no_others(team: PageClient, keys: Any, held: Any) -> None:
    app, open_keys = team.application, {kind: both[True] for kind, both in keys.items()}
    account = claimed_id(team)
    set_roles(
        app.extensions["infinity"].database,
        app.extensions["infinity"].clock,
        app.extensions["infinity"].broadcaster,
        account,
        {*held},
        "test",
    )
    wrong = {}
    for rule in rules(app, "GET"):
        if rule.rule.startswith("/admin"):
            is_refused = team.get(path_of(rule, **open_keys), headers=JSON).status_code == 403
            if is_refused == policy_of(app.view_functions[rule.endpoint]).admits(held):
                wrong[rule.rule] = is_refused
    assert wrong == {}


def claimed_id(client: PageClient) -> int:
    """The account that this browser is logged in as."""
    with client.session_transaction() as session:
        return int(session["_user_id"].split(".")[0])


def test_a_route_names_what_its_arguments_are(site: Flask) -> None:
    """A puzzle or level is called just that, so that the lock, which goes by the argument's name, cannot miss it."""
    for rule in site.url_map.iter_rules():
        if rule.rule.startswith("/game/") and rule.arguments:
            assert rule.arguments & {"puzzle", "level"}, rule
        assert not rule.arguments & {"key", "puzzle_id", "puzzle_key", "level_id", "level_key"}, rule


@pytest.mark.parametrize("kind", ["puzzle", "level"])
def test_locked_and_unknown_look_alike_on_every_route(team: PageClient, keys: Any, kind: str) -> None:
    token = team.token()
    differing = {}
    for method in ("GET", "POST"):
        for rule in rules(team.application, method):
            if kind not in rule.arguments or rule.rule.startswith("/admin"):
                continue
            seen = [look(team, method, path_of(rule, **{kind: key}), token) for key in (keys[kind][False], UNKNOWN)]
            if seen[0] != seen[1] or {code for code, *_ in seen} != {404}:
                differing[f"{method} {rule.rule}"] = seen
    assert differing == {}


def look(client: PageClient, method: str, path: str, token: str) -> tuple[int, str, str]:
    """What the team gets here, as JSON and as a page, without what differs between any two answers."""
    headers = {"X-CSRFToken": token}
    as_json = client.open(path, method=method, headers={**headers, **JSON})
    as_page = client.open(path, method=method, headers=headers)
    return as_page.status_code, steady(as_json.text), steady(as_page.text)


def steady(text: str) -> str:
    """A body without its nonces, tokens, request ids and the address that was asked for."""
    text = re.sub(r'nonce="[^"]*"', "", text)
    text = re.sub(r'(name="csrf[-_]token"[^>]*(?:content|value)=)"[^"]*"', r"\1", text)
    text = re.sub(r"/game/[\w%/-]+", "/game/…", text)
    return re.sub(r"\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b", "…", text)


@pytest.mark.parametrize("who", ["team", "visitor"])
def test_no_get_writes(team: PageClient, keys: Any, who: str) -> None:
    open_keys = {kind: both[True] for kind, both in keys.items()}
    client = team if who == "team" else team.application.test_client()
    wrote, broken = {}, {}
    for rule in rules(team.application, "GET"):
        with writes_heard() as heard:
            reply = client.get(path_of(rule, **open_keys))
        if heard:
            wrote[rule.rule] = heard
        if reply.status_code >= 500 and rule.rule not in ("/readyz", "/metrics"):
            broken[rule.rule] = reply.status_code
    assert (wrote, broken) == ({}, {})
