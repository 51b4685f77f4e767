"""Every kind of input in every field of every POST there is: refused in words, nothing stored, never a fault of ours.

The routes come from the URL map and the fields from what the views read, so a route of next year is tested too.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from app.web.visit import LIST_FIELDS, HuntRequest
from tests.support.client import JSON
from tests.support.clock import FixedClock
from tests.support.hunts import begin, keys_by_access, path_of, rules
from tests.support.organisers import add_account, enter
from tests.test_url_map import WRITES

API_TOKEN = "a token for the broadcasts of the tests"
DEEP = '{"%s": ' + '{"a": ' * 5_000 + "1" + "}" * 5_000 + "}"
# Fields that take a file, and those that are never of a view.
FILES = {
    "/admin/content/upload": {"file"},
    "/admin/customization": {"artwork.file", "icon.file", "logo.file", "social_card.file"},
    "/admin/teams/import/look": {"list"},
    "/admin/write/files": {"file"},
    "/admin/write/import": {"file"},
}
NOT_OF_VIEWS = {"csrf_token"}
ROUNDS = 4


class ReadFields(ImmutableMultiDict[str, str]):
    """A form that notes which of its fields are asked for."""

    asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default, type)

    def getlist(self, key: str, type: Any = None) -> list[Any]:
        self.asked.add(key)
        return super().getlist(key, type)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


# Boxes of which several may be ticked.
TICKED = {"roles", "teams", "tell"}


def is_broadcast_api(path: str) -> bool:
    """Whether Infinity's own programs post there, with their own form of refusal."""
    return path in ("/api/alert", "/api/announcement", "/api/refresh")


class Posts:
    """The demo hunt in play, with an admin and a team whose sessions no reply changes."""

    def __init__(self, app: Flask, clock: FixedClock) -> None:
        begin(app, clock)
        self.app = app
        for name in ("first", "second", "third"):
            add_account(app.extensions["infinity"], name)
        team = app.test_client()
        assert team.register("owls").status_code == 303
        self._open = {kind: key for kind, key, is_open in keys_by_access(team) if is_open}
        self._headers = {"team": _session(team), "admin": _session(enter(app, "chief", "admin"))}
        self._headers["api"] = {"Authorization": f"Bearer {API_TOKEN}"}
        self.paths = [path_of(rule, **self._open) for rule in rules(app, "POST")]

    def send(self, path: str, **body: Any) -> Any:
        who = "api" if is_broadcast_api(path) else "admin" if path.startswith("/admin") else "team"
        visitor = self.app.test_client(use_cookies=False)
        reply = visitor.post(path, headers={**JSON, **self._headers[who]}, **body)
        if path == "/account/logout" and reply.status_code == 200:
            # It ends the session for every copy of its cookie.
            team = self.app.test_client()
            assert team.login("owls").status_code == 303
            self._headers["team"] = _session(team)
        return reply

    def fields(self, path: str) -> set[str]:
        """What the view reads, found by answering with what it has asked for so far."""
        ReadFields.asked = set()
        known: set[str] = {"id", "message", "division"} if is_broadcast_api(path) else set()
        for _ in range(ROUNDS):
            self.send(path, data={"": "1", **dict.fromkeys(known, "1")})
            if ReadFields.asked - NOT_OF_VIEWS <= known:
                break
            known |= ReadFields.asked - NOT_OF_VIEWS
        return known


def _session(client: Any) -> dict[str, str]:
    token = client.token("/")
    cookie = client.get_cookie("session")
    return {"Cookie": f"session={cookie.value}", "X-CSRFToken": token}


@pytest.fixture(scope="module")
def posts(shelves: Any) -> Iterator[tuple[Posts, dict[str, set[str]]]]:
    """The site, and the fields of each of its POST routes."""
    from app import create_app
    from config import Config
    from tests.support.client import PageClient
    from tests.support.environment import settings

    with shelves["sqlite"].fresh() as url:
        clock = FixedClock()
        app = create_app(Config.from_env(settings(url, {"BROADCAST_TOKEN": API_TOKEN})), clock=clock)
        app.test_client_class = PageClient
        site = Posts(app, clock)
        with pytest.MonkeyPatch.context() as spy:
            spy.setattr(HuntRequest, "parameter_storage_class", ReadFields)
            fields = {path: site.fields(path) for path in site.paths}
        yield site, fields


@contextmanager
def writes() -> Iterator[list[str]]:
    """Every writing statement meanwhile."""
    heard: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if WRITES.match(statement):
            heard.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def as_json(text: str) -> dict[str, Any]:
    return {"data": text, "content_type": "application/json"}


def doubled(name: str) -> dict[str, Any]:
    return {"data": MultiDict([(name, "one"), (name, "another")])}


# What no field takes, but for files where a file is meant and lists where a list is.
REFUSED: dict[str, Callable[[str], dict[str, Any]]] = {
    "a file": lambda name: {"data": {name: (io.BytesIO(b"x"), "x.txt")}},
    "an empty file": lambda name: {"data": {name: (io.BytesIO(b""), "x\0.txt")}},
    "a doubled field": doubled,
    "NUL": lambda name: {"data": {name: "a\0b"}},
    "NUL in JSON": lambda name: as_json(json.dumps({name: "a\0b"})),
    "half a surrogate pair": lambda name: as_json(json.dumps({name: "bad \ud83d end"})),
    "the other half": lambda name: as_json(json.dumps({name: "\udcff"})),
    "an object": lambda name: as_json(json.dumps({name: {"a": 1}})),
    "a list": lambda name: as_json(json.dumps({name: ["a", "b"]})),
    "a list of lists": lambda name: as_json(json.dumps({name: [["a"], {"b": "c"}, 1, None]})),
    "infinity": lambda name: as_json(f'{{"{name}": 1e999}}'),
    "not a number": lambda name: as_json(f'{{"{name}": NaN}}'),
    "a number of 6000 digits": lambda name: as_json(f'{{"{name}": {"9" * 6_000}}}'),
    "nested deeply": lambda name: as_json(DEEP % name),
    "half a body": lambda name: as_json(f'{{"{name}": "x'),
    "a list as the body": lambda name: as_json(json.dumps([name])),
}
# What a view may take or refuse.
SURVIVED: dict[str, Callable[[str], dict[str, Any]]] = {
    "missing": lambda name: {},
    "empty": lambda name: {"data": {name: ""}},
    "very long": lambda name: {"data": {name: "x" * 200_000}},
    "marks without end": lambda name: {"data": {name: "e" + "\u0301" * 60_000}},
    "other bytes than UTF-8": lambda name: {"data": {name: b"\xff\xfe\x80"}},
    "other bytes in a part": lambda name: {
        "data": b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n\xff\xfe\xed\xa0\x80\r\n--b--\r\n'
        % name.encode(),
        "content_type": "multipart/form-data; boundary=b",
    },
    "true": lambda name: as_json(json.dumps({name: True})),
    "null": lambda name: as_json(json.dumps({name: None})),
    "a huge number": lambda name: as_json(json.dumps({name: 10**30})),
    "controls and breaks": lambda name: {"data": {name: "a\x1b[31m\v\u2028\u202eb"}},
}
OWN_CODES = {"invalid_form", "invalid_answer"}


def test_the_fields_of_the_routes_are_found(posts: tuple[Posts, dict[str, set[str]]]) -> None:
    _, fields = posts
    found = {(path.split("/")[-1], name) for path, names in fields.items() for name in names}
    assert {("register", "emails"), ("login", "password"), ("account", "display_name"), ("take", "pay")} <= found
    assert {("ask", "question"), ("close", "answer"), ("customization", "hunt_name"), ("alert", "id")} <= found
    assert len(found) > 80


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_text_is_refused_at_every_field(posts: tuple[Posts, dict[str, set[str]]], kind: str) -> None:
    site, fields = posts
    wrong: dict[str, Any] = {}
    for path, names in fields.items():
        for name in names:
            if (
                ("file" in kind and name in FILES.get(path, ()))
                or (kind in ("a list", "a doubled field") and name in TICKED)
                or (kind == "a list" and name in LIST_FIELDS)
            ):
                continue
            with writes() as heard:
                reply = site.send(path, **REFUSED[kind](name))
            if not is_refusal(path, reply, name) or heard:
                wrong[f"{path} {name}"] = (reply.status_code, reply.text[:200], heard)
    assert wrong == {}


def is_refusal(path: str, reply: Any, name: str) -> bool:
    """A 400 in the words of the interface, which names the field; where nobody may post, that is said first."""
    if is_broadcast_api(path):
        return reply.status_code == 400 and reply.json["success"] is False
    if reply.status_code in (403, 404):
        return True
    error = reply.json["error"]
    return reply.status_code == 400 and error["code"] in OWN_CODES and bool({name, "body"} & error["fields"].keys())


@pytest.mark.parametrize("kind", SURVIVED)
def test_what_a_view_may_refuse_breaks_none(posts: tuple[Posts, dict[str, set[str]]], kind: str) -> None:
    site, fields = posts
    broken = {}
    for path, names in fields.items():
        for name in names:
            reply = site.send(path, **SURVIVED[kind](name))
            if reply.status_code >= 500:
                broken[f"{path} {name}"] = (reply.status_code, reply.text[:200])
    assert broken == {}


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in FILES.items() for name in sorted(names)])
def test_a_text_is_no_file(posts: tuple[Posts, dict[str, set[str]]], path: str, name: str) -> None:
    with writes() as heard:
        assert posts[0].send(path, data={name: "name\nowls"}).status_code == 400
    assert heard == []


def test_a_query_loses_what_no_database_takes(posts: tuple[Posts, dict[str, set[str]]]) -> None:
    with posts[0].app.test_request_context("/?q=a%00b&q%00=c") as context:
        assert context.request.args.to_dict(flat=False) == {"q": ["a\ufffdb"], "q\ufffd": ["c"]}
