"""Clients that are slow, greedy or never finish: each is refused or cut off, and nobody else notices."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.runtime.faults import SETTINGS, Hunt, eventually, hunt_on, meanwhile
from tests.support.client import Visitor
from tests.support.server import node

if TYPE_CHECKING:
    from tests.conftest import Shelves

pytestmark = [pytest.mark.servers, pytest.mark.slow]
IDLE = 2_000
# The wrapped program allows a slow client two seconds; without that limit it would wait for ever.
PATIENCE_SECONDS = 60
GIGABYTE = 1024 * 1024 * 1024


@pytest.fixture(scope="module")
def hunt(shelves: Shelves, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hunt]:
    settings = {**SETTINGS, "FAULTS": str(tmp_path_factory.mktemp("faults"))}
    with (
        shelves["postgresql"].fresh() as url,
        node(url, settings, module="tests.runtime.faulty_program") as one,
        hunt_on(one, url) as running,
    ):
        yield running


@pytest.fixture(autouse=True)
def whole(hunt: Hunt) -> Iterator[None]:
    """Whatever a client has done, soon after its end all is as before."""
    yield
    hunt.is_whole()


def connected(hunt: Hunt) -> socket.socket:
    return socket.create_connection(("127.0.0.1", hunt.node.port), timeout=PATIENCE_SECONDS)


def heads(hunt: Hunt, method: str, path: str, **headers: str) -> bytes:
    """The head of a request."""
    named = {"Host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_all(connection: socket.socket) -> bytes:
    """What is said until the server closes."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            said += piece
    return said


def is_cut_off(connection: socket.socket, drop: bytes = b"x") -> bool:
    """Whether the server hangs up on somebody who sends a byte now and then."""
    began = time.monotonic()
    connection.settimeout(0.2)
    while time.monotonic() - began < PATIENCE_SECONDS:
        try:
            connection.sendall(drop)
            if not connection.recv(65536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def test_a_client_that_sends_its_headers_byte_by_byte_is_cut_off(hunt: Hunt) -> None:
    with meanwhile(hunt), connected(hunt) as slow:
        slow.sendall(b"GET /game HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert is_cut_off(slow)


def test_a_client_that_sends_its_form_byte_by_byte_is_told_and_cut_off(hunt: Hunt) -> None:
    head = heads(hunt, "POST", "/account/login", Content_Length="5000", Accept="application/json",
                 Content_Type="application/x-www-form-urlencoded")  # fmt: skip
    with meanwhile(hunt), connected(hunt) as slow:
        slow.sendall(head + b"name=")
        assert is_cut_off(slow)
    with connected(hunt) as silent:
        silent.sendall(head + b"name=")
        said = read_all(silent)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"too_slow"' in said


def test_clients_that_never_read_are_cut_off(hunt: Hunt) -> None:
    asked = (
        heads(hunt, "GET", "/page/rules") + heads(hunt, "GET", hunt.static_path("vendor/socket.io-4.8.4.min.js")) * 300
    )
    before = open_connections(hunt)
    with meanwhile(hunt), contextlib.ExitStack() as stack:
        for _ in range(10):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", hunt.node.port))
            # Asks for page after page, and takes none of them.
            one.sendall(asked)
        eventually(lambda: open_connections(hunt) >= before + 10)
        eventually(lambda: open_connections(hunt) <= before + 1)


def open_connections(hunt: Hunt) -> float:
    return hunt.figures()["infinity_connections"]


@contextlib.contextmanager
def many_files(count: int) -> Iterator[None]:
    """This process may open so many."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(count, before[1])), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_thousands_of_idle_connections_disturb_nobody(hunt: Hunt) -> None:
    with many_files(IDLE + 500), contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connected(hunt)) for _ in range(IDLE)]
        with meanwhile(hunt):
            hunt.pages_come()
            team = hunt.team("among the idle")
            assert team.guess("gauges", "owl").status_code == 200
        idle[0].sendall(heads(hunt, "GET", "/healthz"))
        assert idle[0].recv(100).startswith(b"HTTP/1.1 200")


def test_more_connections_than_files_may_be_open_end_nothing(hunt: Hunt) -> None:
    child = hunt.node.process.pid
    before = resource.prlimit(child, resource.RLIMIT_NOFILE)
    opened = len(list(Path(f"/proc/{child}/fd").iterdir()))
    resource.prlimit(child, resource.RLIMIT_NOFILE, (opened + 40, before[1]))
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(connected(hunt))
            time.sleep(0.3)
            assert hunt.node.is_running()
    finally:
        resource.prlimit(child, resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(("method", "path"), [("POST", "/account/login"), ("POST", "/nowhere"), ("GET", "/page/rules")])
def test_a_body_of_a_gigabyte_is_refused_unread(hunt: Hunt, method: str, path: str) -> None:
    head = heads(hunt, method, path, Content_Length=str(GIGABYTE), Content_Type="application/x-www-form-urlencoded")
    sent, piece = 0, b"a" * 65536
    with meanwhile(hunt), connected(hunt) as greedy:
        greedy.sendall(head)
        with contextlib.suppress(OSError):
            while sent < GIGABYTE:
                greedy.sendall(piece)
                sent += len(piece)
        said = read_all(greedy)
    assert said.split(b" ", 2)[1] == (b"413" if path == "/account/login" else b"404" if method == "POST" else b"200")
    assert sent < GIGABYTE / 20


def test_a_gigabyte_in_pieces_is_refused_unread(hunt: Hunt) -> None:
    head = heads(hunt, "POST", "/account/login", Transfer_Encoding="chunked")
    with meanwhile(hunt), connected(hunt) as greedy:
        greedy.sendall(head)
        sent = 0
        with contextlib.suppress(OSError):
            while sent < GIGABYTE:
                greedy.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")
                sent += 65536
        assert read_all(greedy).startswith(b"HTTP/1.1 411 ")
    assert sent < GIGABYTE / 20


@pytest.mark.parametrize("header", [b"X-Long: " + b"a" * 1_000_000, b"X: 1\r\n" * 180_000], ids=["one", "many"])
def test_a_header_of_a_megabyte_is_refused(hunt: Hunt, header: bytes) -> None:
    with meanwhile(hunt), connected(hunt) as greedy:
        with contextlib.suppress(OSError):
            greedy.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
        assert read_all(greedy).split(b" ", 2)[1] in (b"400", b"431")


def test_a_team_plays_on_over_a_connection_that_is_kept(hunt: Hunt) -> None:
    visitor: Visitor = hunt.team("keepers")
    assert [visitor.get("/game").status_code for _ in range(5)] == [200] * 5
    assert requests.get(f"{hunt.url}/game", timeout=30, allow_redirects=False).status_code == 303
