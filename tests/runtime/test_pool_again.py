"""A thousand of each: logins with unknown names, right guesses, clients that hang up. Then the pool is full again."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from app.database import teams
from app.web.visit import ports
from tests.demo.answers import ANSWERS
from tests.runtime.faults import SETTINGS, Hunt, eventually, hunt_on
from tests.support.accounts import password_hash
from tests.support.client import JSON, PASSWORD, Visitor
from tests.support.pages import csrf_token
from tests.support.server import node

if TYPE_CHECKING:
    from tests.conftest import Shelves

pytestmark = [pytest.mark.servers, pytest.mark.slow]
THOUSAND = 1_000
TEAMS = 100
AT_ONCE = 8
FORM = {**JSON, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def hunt(shelves: Shelves) -> Iterator[Hunt]:
    # Patience enough for a busy machine: what is to be seen is what comes back, not how fast.
    settings = {**SETTINGS, "DB_POOL_TIMEOUT": "20"}
    with shelves["postgresql"].fresh() as url, node(url, settings) as one, hunt_on(one, url) as running:
        yield running


@pytest.fixture(autouse=True)
def full_again(hunt: Hunt) -> Iterator[None]:
    yield
    eventually(lambda: hunt.connections_out() == 0)
    figures = hunt.figures()
    assert figures["infinity_database_pool_size"] == 3
    held = hunt.organiser.counts(
        "pg_stat_activity", "left(application_name, 9) = 'infinity-' AND pid <> pg_backend_pid()"
    )
    assert held <= 3 + 1, "the node's own three, and the organiser's"
    hunt.is_whole()


class Line:
    """One connection that is kept open: many requests cost a client little."""

    def __init__(self, hunt: Hunt) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", hunt.node.port, timeout=60)

    def close(self) -> None:
        self._line.close()

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, str, http.client.HTTPMessage]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._line.request(method, path, urlencode(form) if form else None, {**FORM, **named})
        reply = self._line.getresponse()
        return reply.status, reply.read().decode(), reply.headers


def on_lines(hunt: Hunt, act: Callable[[Line, Any], Any], over: Iterable[Any]) -> list[Any]:
    """Do it for each, on a few lines at once."""
    parts: list[list[Any]] = [list(over)[start::AT_ONCE] for start in range(AT_ONCE)]

    def work(part: list[Any]) -> list[Any]:
        with contextlib.closing(Line(hunt)) as line:
            return [act(line, one) for one in part]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [done for part in pool.map(work, parts) for done in part]


def test_after_a_thousand_logins_with_unknown_names(hunt: Hunt) -> None:
    visitor = Visitor(hunt.url)
    token, cookie = visitor.token(), cookie_of(visitor)

    def log_in(line: Line, number: int) -> int:
        form = {"csrf_token": token, "name": f"nobody {number}", "password": PASSWORD}
        address = f"10.0.{number // 250}.{number % 250}"
        return line.ask("POST", "/account/login", form, Cookie=cookie, X_Forwarded_For=address)[0]

    assert Counter(on_lines(hunt, log_in, range(THOUSAND))) == {400: THOUSAND}


def cookie_of(visitor: Visitor) -> str:
    return "; ".join(f"{one.name}={one.value}" for one in visitor.cookies)


def test_after_a_thousand_right_guesses(hunt: Hunt) -> None:
    add_teams(hunt)
    played = on_lines(hunt, solve_ten, range(TEAMS))
    assert Counter(verdict for team in played for verdict in team) == {"correct": THOUSAND}
    assert hunt.organiser.counts("solves", "1 = 1") == THOUSAND


def add_teams(hunt: Hunt) -> None:
    """Teams that exist already, so that their registering costs nothing."""
    hashed = password_hash()
    with hunt.organiser._app.app_context():
        world = ports()
        with world.database.writing() as connection:
            for number in range(TEAMS):
                name = f"racer {number}"
                row = {"name": name, "name_key": name, "display_name": name, "display_key": name, "emails": []}
                more = {"division": "teams", "created_at": world.clock.now(), "guess_times": []}
                teams.add(connection, **row, **more, password_hash=hashed)


def solve_ten(line: Line, number: int) -> list[str]:
    """One team's ten right guesses, in the order in which puzzles open."""
    page, headers = line.ask("GET", "/account/login", Accept="text/html")[1:]
    cookie = str(headers["Set-Cookie"]).split(";")[0]
    form = {"csrf_token": csrf_token(page), "name": f"racer {number}", "password": PASSWORD}
    status, _, headers = line.ask("POST", "/account/login", form, Cookie=cookie, Accept="text/html")
    assert status == 303
    cookie = str(headers["Set-Cookie"]).split(";")[0]
    page, headers = line.ask("GET", "/game", Cookie=cookie, Accept="text/html")[1:]
    cookie, token = str(headers["Set-Cookie"] or cookie).split(";")[0], csrf_token(page)
    verdicts: list[str] = []
    while len(verdicts) < 10:
        for key in open_puzzles(line, cookie)[: 10 - len(verdicts)]:
            guess = {"answer": ANSWERS[key]}
            reply = line.ask("POST", f"/game/puzzle/{key}", guess, Cookie=cookie, X_CSRFToken=token)
            verdicts.append(json.loads(reply[1]).get("verdict", reply[1]))
    return verdicts


def open_puzzles(line: Line, cookie: str) -> list[str]:
    shown = json.loads(line.ask("GET", "/game", Cookie=cookie)[1])
    return [
        puzzle["key"]
        for level in shown["levels"]
        for puzzle in level["puzzles"]
        if puzzle["open"] and not puzzle["solved"]
    ]


def test_after_a_thousand_clients_that_hang_up(hunt: Hunt) -> None:
    team = hunt.team("quitters")
    cookie, token = cookie_of(team), team.token("/game")
    page = f"GET /game HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode()
    head = f"POST /game/puzzle/gauges HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nX-CSRFToken: {token}\r\n"
    body = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\nanswer="
    ways = (page, page[:-2], (head + body).encode(), (head + body + "owl").encode(), page * 3)

    def hang_up(number: int) -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", hunt.node.port), timeout=20) as one:
            # The connection is not closed but broken, as when a train enters a tunnel and the phone gives up.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.sendall(ways[number % len(ways)])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(hang_up, range(THOUSAND)))
    eventually(lambda: team.get("/game").status_code == 200)
