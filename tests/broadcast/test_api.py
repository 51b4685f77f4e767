"""The broadcast API: who gets in, what it takes, and that nothing is sent that is not right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.announcements.announcements import publish
from app.ports import Ports
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin

TOKEN = "a token that nobody guesses"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
DOORS = (("GET", "/api/ping"), ("POST", "/api/alert"), ("POST", "/api/announcement"), ("POST", "/api/refresh"))


@pytest.fixture
def database(sqlite_database: str) -> str:
    """How broadcasts are stored is tested elsewhere: here one kind of database is enough."""
    return sqlite_database


@pytest.fixture
def site(make_app: Callable[..., Flask], clock: FixedClock) -> Flask:
    app = make_app(BROADCAST_TOKEN=TOKEN)
    begin(app, clock)
    return app


@pytest.fixture
def api(site: Flask) -> PageClient:
    return site.test_client()  # type: ignore[return-value]


@pytest.fixture
def ports(site: Flask) -> Ports:
    return site.extensions["infinity"]  # type: ignore[no-any-return]


def sent(ports: Ports) -> list[tuple[Any, ...]]:
    with ports.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT kind, audience, sent_by FROM broadcasts ORDER BY id").all()
    return [tuple(row) for row in rows]


def test_the_token_opens_the_door_with_and_without_its_word(api: PageClient) -> None:
    for given in (f"Bearer {TOKEN}", TOKEN, f"bearer  {TOKEN} "):
        reply = api.get("/api/ping", headers={"Authorization": given})
        assert (reply.status_code, reply.text) == (200, "pong"), given


def test_no_token_is_401_and_a_wrong_one_403(api: PageClient, ports: Ports) -> None:
    wrong = ("Bearer x", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "Basic eDp4", "Bearer été", "Bearer \t\x7f")
    for method, path in DOORS:
        for given, status in (("", 401), ("Bearer", 401), ("Bearer  ", 401), *((token, 403) for token in wrong)):
            headers = {"Authorization": given} if given else {}
            body = {"message": "x", "id": 1} if method == "POST" else None
            reply = api.open(path, method=method, headers=headers, json=body)
            assert reply.status_code == status, (path, given)
            assert reply.json["success"] is False
            assert TOKEN not in reply.text
    assert sent(ports) == []


def test_answers_are_in_the_language_asked_for_and_messages_stay_as_they_are(api: PageClient) -> None:
    german = {"Accept-Language": "de"}
    refused = api.get("/api/ping", headers=german).json
    assert refused == {
        "success": False,
        "title": "Ein Token fehlt",
        "message": "Nötig ist die Kopfzeile Authorization: Bearer TOKEN.",
        "id": None,
    }
    # "Log out" is also a text of the site.
    assert api.post("/api/alert", json={"message": "Log out"}, headers=HEADERS | german).json["message"] == "Log out"


def test_without_a_token_set_the_door_is_closed(make_app: Callable[..., Flask]) -> None:
    client = make_app().test_client()
    for method, path in DOORS:
        assert client.open(path, method=method).status_code == 401
        for given in ("Bearer x", "Bearer None", "None", "x", f"Bearer {TOKEN}"):
            assert client.open(path, method=method, headers={"Authorization": given}).status_code == 403


def test_an_alert_goes_to_everybody_or_to_a_division(api: PageClient, ports: Ports) -> None:
    first = api.post("/api/alert", json={"message": " Look up! "}, headers=HEADERS)
    assert first.json == {"success": True, "title": "Alert", "message": "Look up!", "id": first.json["id"]}
    second = api.post("/api/alert", data={"message": "Solo", "division": "solo"}, headers=HEADERS)
    assert second.json["id"] == first.json["id"] + 1
    assert sent(ports) == [("alert", "all", "broadcast API"), ("alert", "division:solo", "broadcast API")]


def test_an_alert_with_the_same_id_is_sent_once(api: PageClient, ports: Ports) -> None:
    replies = [
        api.post("/api/alert", json={"message": text, "id": "outside-7"}, headers=HEADERS).json for text in ("a", "b")
    ]
    assert replies[0] == replies[1]
    assert api.post("/api/alert", json={"message": "c", "id": 7}, headers=HEADERS).json["id"] != replies[0]["id"]
    assert api.post("/api/alert", json={"message": "c", "id": ""}, headers=HEADERS).json["success"]
    assert len(sent(ports)) == 3


def test_an_announcement_that_is_published_is_told(api: PageClient, ports: Ports) -> None:
    number = publish(ports.for_content, "News", "Text", "Chief", audience="division:teams")
    reply = api.post("/api/announcement", json={"id": number}, headers=HEADERS)
    assert (reply.status_code, reply.json["message"]) == (200, "News")
    assert api.post("/api/announcement", data={"id": str(number)}, headers=HEADERS).status_code == 200
    assert {(kind, audience) for kind, audience, _ in sent(ports)} == {("announcement", "division:teams")}


def test_an_announcement_that_is_not_there_is_404(api: PageClient, ports: Ports) -> None:
    for number in (1, 4711, 10**18 - 1):
        assert api.post("/api/announcement", json={"id": number}, headers=HEADERS).status_code == 404
    assert sent(ports) == []


def test_a_refresh_says_within_which_seconds(api: PageClient, ports: Ports) -> None:
    reply = api.post("/api/refresh", headers=HEADERS)
    assert reply.json["success"] is True
    assert sent(ports) == [("refresh", "all", "broadcast API")]


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("alert", {}), ("alert", {"message": ""}), ("alert", {"message": " \n "}), ("alert", {"message": None}),
    ("alert", {"message": ["x"]}), ("alert", {"message": {"x": 1}}), ("alert", {"message": True}),
    ("alert", {"message": "x" * 2_001}), ("alert", {"message": "x" * 100_000}), ("alert", {"message": "a\0b"}),
    ("alert", {"message": "\x1b[31m"}), ("alert", {"message": "\ud800"}), ("alert", {"message": "\u202eevil"}),
    ("alert", {"message": "x", "division": "nowhere"}), ("alert", {"message": "x", "division": "team:1"}),
    ("alert", {"message": "x", "division": "x" * 5_000}), ("alert", {"message": "x", "division": ["teams"]}),
    ("alert", {"message": "x", "division": "\0"}), ("alert", {"message": "x", "id": "i" * 65}),
    ("alert", {"message": "x", "id": [1]}), ("alert", {"message": "x", "id": 1.5}),
    ("announcement", {}), ("announcement", {"id": "x"}), ("announcement", {"id": -1}), ("announcement", {"id": 10**40}),
    ("announcement", {"id": "²"}), ("announcement", {"id": [1]}), ("announcement", {"id": {"a": 1}}),
]  # fmt: skip


def test_what_cannot_be_sent_is_refused_and_nothing_goes_out(api: PageClient, ports: Ports) -> None:
    for path, body in WRONG:
        reply = api.post(f"/api/{path}", json=body, headers=HEADERS)
        assert reply.status_code == 400, (path, body, reply.text)
        assert reply.json["success"] is False
        assert reply.json["message"]
    assert sent(ports) == []


BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"[1]",
    b'"x"',
    b"1",
    b"[" * 100_000,
    b"\xff\xfe",
    b'{"message": ' + b"9" * 5000 + b"}",
]


KINDS = ("application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data")


def test_any_body_is_answered_in_words(api: PageClient, ports: Ports) -> None:
    for kind in KINDS:
        for body in BODIES:
            reply = api.post("/api/alert", data=body, content_type=kind, headers=HEADERS)
            assert reply.status_code in (400, 413), (kind, body[:20], reply.status_code)
    assert sent(ports) == []


def test_a_body_that_is_too_large_is_refused(api: PageClient) -> None:
    body = {"message": "x" * 400_000}
    assert api.post("/api/alert", data=body, headers=HEADERS).status_code == 413


def test_markup_goes_through_as_text(api: PageClient, ports: Ports) -> None:
    text = "<script>alert(1)</script>\n{{ 7 * 7 }} “quotes” 🦉"
    assert api.post("/api/alert", json={"message": text}, headers=HEADERS).json["message"] == text
