"""A real server with every place taken: who is served all the same, who waits, who is refused, and with what words."""

from __future__ import annotations

import re
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from tests.support.client import Visitor
from tests.support.server import Node, node
from tests.support.sockets import wait_until

# As many as a pool of two connections has; each is held until its request ends.
PLACES = 8
TOKEN = "a token that opens the figures"


@pytest.fixture(scope="module")
def database_url(shelves: dict[str, object]) -> Iterator[str]:
    with shelves["sqlite"].fresh() as url:  # type: ignore[attr-defined]
        yield url


@pytest.fixture(scope="module")
def let_go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that ends all requests to /hold."""
    return tmp_path_factory.mktemp("hold") / "let-go"


@pytest.fixture(scope="module")
def served(database_url: str, let_go: Path) -> Iterator[Node]:
    settings = {"DB_POOL_SIZE": "2", "TEST_PATIENCE": "0.2", "METRICS_TOKEN": TOKEN, "LET_GO": str(let_go)}
    with node(database_url, settings, module="tests.runtime.crowded_program") as one:
        yield one


@pytest.fixture(scope="module")
def team(served: Node) -> Visitor:
    visitor = Visitor(served.url)
    visitor.register("Owls")
    visitor.get("/game")
    return visitor


@pytest.fixture(scope="module")
def organiser(served: Node, database_url: str) -> Visitor:
    visitor = Visitor(served.url)
    visitor.register("Keepers")
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE teams SET role = 'admin', roles = 'admin' WHERE name = 'Keepers'")
    return visitor


@contextmanager
def all_places_taken(served: Node, let_go: Path) -> Iterator[None]:
    """Nobody leaves before the ``with`` has ended."""
    let_go.unlink(missing_ok=True)
    with ThreadPoolExecutor(PLACES) as pool:
        held = [pool.submit(requests.get, f"{served.url}/hold", timeout=100) for _ in range(PLACES)]
        try:
            wait_until(lambda: gauge(served, "requests_working") >= PLACES, what="all places to be taken")
            yield
        finally:
            let_go.touch()
    assert all(one.result().status_code == 200 for one in held)


def gauge(served: Node, name: str) -> float:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    told = requests.get(f"{served.url}/metrics", headers=headers, timeout=30).text
    found = re.search(rf"^infinity_{re.escape(name)} (\S+)$", told, re.MULTILINE)
    assert found is not None, told[:200]
    return float(found[1])


def test_health_checks_pictures_of_the_site_and_organisers_pages_are_served_in_overload(
    served: Node, let_go: Path, team: Visitor, organiser: Visitor
) -> None:
    sheet = re.search(r'href="(/static/[^"]+\.css)"', team.get("/").text)
    assert sheet is not None
    with all_places_taken(served, let_go):
        for path in ("/healthz", "/up", "/readyz", sheet[1]):
            assert requests.get(served.url + path, timeout=30).status_code == 200, path
        for path in ("/static/nothing.css", "/upwards", "/healthz/more"):
            assert requests.get(served.url + path, timeout=30).status_code == 503, path
        assert organiser.get("/admin/").status_code == 200


def test_a_team_that_asks_for_organisers_pages_takes_none_of_their_places_again(
    served: Node, let_go: Path, team: Visitor
) -> None:
    assert team.get("/admin/").status_code == 403
    with all_places_taken(served, let_go):
        assert team.get("/admin/").status_code == 503


def test_a_refusal_is_busy_in_json_with_the_time_to_come_again(served: Node, let_go: Path) -> None:
    with all_places_taken(served, let_go):
        reply = requests.get(f"{served.url}/game", headers={"Accept": "application/json"}, timeout=30)
    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == "busy"
    assert 1 <= int(reply.headers["Retry-After"]) <= 10
    assert gauge(served, "requests_refused_as_busy_total") >= 1
    assert gauge(served, 'admission_refused_total{lane="visitor"}') >= 1


@pytest.mark.parametrize(("language", "words"), [("en", "We’re very busy right now"), ("de-AT,de;q=0.9", "Gerade")])
def test_a_refused_browser_gets_a_page_in_its_language_and_no_cookie(
    served: Node, let_go: Path, language: str, words: str
) -> None:
    with all_places_taken(served, let_go):
        visitor = Visitor(served.url)
        reply = visitor.get("/", headers={"Accept-Language": language, "Accept": "text/html"})
        assert visitor.head("/", headers={"Accept": "text/html"}).content == b""
    assert reply.status_code == 503
    assert words in reply.text
    assert "Set-Cookie" not in reply.headers
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_forged_session_is_a_visitors(served: Node, let_go: Path) -> None:
    with all_places_taken(served, let_go):
        forged = {"Cookie": "session=eyJfdXNlcl9pZCI6IjEuMCJ9.aaaa.bbbb"}
        assert requests.get(f"{served.url}/admin/", headers=forged, timeout=30).status_code == 503


def test_a_move_waits_for_longer_than_a_page_and_is_then_made(served: Node, let_go: Path, team: Visitor) -> None:
    token = team.token("/game")
    headers = {"Accept": "application/json", "X-CSRFToken": token}
    with ThreadPoolExecutor(1) as pool:
        with all_places_taken(served, let_go):
            move = pool.submit(team.post, "/game/puzzle/gauges", data={"answer": "hen"}, headers=headers)
            wait_until(lambda: gauge(served, "requests_waiting") >= 1, what="the move to wait")
            assert requests.get(served.url, timeout=30).status_code == 503
            assert not move.done()
        assert move.result().status_code == 200


def test_a_slow_body_holds_no_place(served: Node) -> None:
    head = b"POST /account/login HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=a"
    slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(3 * PLACES)]
    try:
        for one in slow:
            one.sendall(head)
        assert requests.get(served.url, timeout=30).status_code == 200
        assert gauge(served, "requests_working") <= 1
    finally:
        for one in slow:
            one.close()
