"""How many sockets an address and a team may hold, on a real server and alone."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine

from app.broadcast import connections
from app.broadcast.socket_shares import SocketShares
from tests.broadcast.conftest import Live
from tests.broadcast.people import ADMIN, team
from tests.support.frames import frame, handshake, is_ended
from tests.support.server import Node, node
from tests.support.sockets import wait_until

if TYPE_CHECKING:
    from tests.conftest import Shelves

SHARE = 3


@pytest.fixture(scope="module")
def narrow(shelves: Shelves) -> Iterator[Node]:
    behind = {"TRUSTED_PROXIES": "1", "SITE_URL": "http://hunt.example", "SOCKETS_PER_ADDRESS": str(SHARE)}
    with shelves["sqlite"].fresh() as url, node(url, {**ADMIN, **behind}) as server:
        yield server


def upgraded(stack: ExitStack, server: Node, address: str) -> tuple[socket.socket, str]:
    """A line that asked for a websocket as the proxy's visitor of this address, and the answer's head."""
    head, line = stack.enter_context(handshake(server, f"X-Forwarded-For: {address}\r\n"))
    return line, head.decode(errors="replace")


def test_more_sockets_than_an_addresss_share_are_refused_before_they_open(narrow: Node) -> None:
    with ExitStack() as stack:
        lines = [upgraded(stack, narrow, "192.0.2.7")[0] for _ in range(SHARE)]
        for _ in range(3):
            line, answer = upgraded(stack, narrow, "192.0.2.7")
            assert answer.startswith("HTTP/1.1 429 ")
            assert "retry-after: 30" in answer.lower()
            assert is_ended(line, 5)
        assert upgraded(stack, narrow, "192.0.2.8")[1].startswith("HTTP/1.1 101 ")
        lines[0].close()
        is_let_in = lambda: "101" in upgraded(stack, narrow, "192.0.2.7")[1]  # noqa: E731
        wait_until(is_let_in, what="the place that a closed socket left")


def test_an_ipv6_network_is_one_address(narrow: Node) -> None:
    with ExitStack() as stack:
        heads = [upgraded(stack, narrow, f"2001:db8:1:2::{number:x}")[1] for number in range(SHARE + 1)]
        assert [head.split()[1] for head in heads] == ["101"] * SHARE + ["429"]


def test_a_socket_that_has_ended_counts_no_longer() -> None:
    inside: list[Callable[[], Any]] = []

    def serve(_environ: dict[str, Any], _start: Callable[..., Any]) -> list[bytes]:
        if inside:
            inside.pop()()
        return [b"served"]

    shares, said = SocketShares(serve, 1), list[str]()
    ask = lambda: shares({"REMOTE_ADDR": "192.0.2.7"}, lambda status, _: said.append(status))  # noqa: E731
    inside.append(lambda: said.append(ask()[0].decode()))  # type: ignore[index]
    assert ask() == [b"served"]
    assert said == ["429 Too Many Requests", "Too many pages are open from this address.\n"]
    assert ask() == [b"served"], "the share is free again"


def test_paths_that_the_library_takes_for_its_own_are_counted_too(narrow: Node) -> None:
    with ExitStack() as stack:
        for _ in range(SHARE):
            upgraded(stack, narrow, "192.0.2.50")
        request = "GET /%73ocket.io/?EIO=4 HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.50\r\n\r\n"
        line = stack.enter_context(socket.create_connection(("127.0.0.1", narrow.port), timeout=30))
        line.sendall(request.encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 429 ")


def test_this_machine_itself_has_no_share() -> None:
    shares = SocketShares(lambda _environ, _start: [b"served"], 0)
    assert shares({"REMOTE_ADDR": "127.0.0.1"}, print) == [b"served"]
    assert shares({"REMOTE_ADDR": "192.0.2.7"}, lambda _status, _headers: None) != [b"served"]


def test_a_team_holds_so_many_sockets_and_others_are_let_in(small: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_OF_TEAM", SHARE)
    small.team("Owls")
    small.team("Larks")
    pages = [small.page("Owls") for _ in range(SHARE)]
    assert all(page.is_connected() for page in pages)
    assert not small.page("Owls").is_connected()
    assert small.page("Larks").is_connected()
    assert small.page().is_connected()
    pages[0].disconnect()
    assert small.page("Owls").is_connected()


def test_a_refused_socket_does_not_stay_open_below(narrow: Node) -> None:
    banned = team(narrow, "Cheats")
    with create_engine(narrow._env["DATABASE_URL"]).begin() as connection:
        connection.exec_driver_sql("UPDATE teams SET is_banned = 1 WHERE name = 'Cheats'")
    cookies = "; ".join(f"{one.name}={one.value}" for one in banned.cookies)
    with handshake(narrow, f"Cookie: {cookies}\r\nX-Forwarded-For: 192.0.2.99\r\n") as (head, line):
        assert b"101" in head
        line.sendall(frame(b"40"))
        assert is_ended(line, 8)
