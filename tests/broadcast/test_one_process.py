"""Open pages on a real server of one process, without Redis; and what the wire may carry."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import requests

from tests.broadcast.people import ADMIN, TOKEN, api, first_puzzle, team
from tests.support.frames import answer, frame, handshake, is_ended
from tests.support.server import Node, node
from tests.support.sockets import Page, pages, wait_until

if TYPE_CHECKING:
    from tests.conftest import Shelves


@pytest.fixture(scope="module")
def alone(shelves: Shelves) -> Iterator[Node]:
    with shelves["sqlite"].fresh() as url, node(url, {**ADMIN, "METRICS_TOKEN": TOKEN}) as server:
        yield server


def test_a_single_process_needs_no_redis(alone: Node) -> None:
    owls = team(alone, "Owls")
    with pages(Page(alone.url, owls), Page(alone.url)) as (page, visitor):
        assert page.events("hello")[0]["team"] == "Owls"
        assert visitor.events("hello")[0]["team"] is None
        sent = api(alone, "alert", message="Look up <b>now</b>")
        assert page.wait_for("alert") == visitor.wait_for("alert")
        assert page.events("alert")[0] == {**page.events("alert")[0], "id": sent["id"], "text": "Look up <b>now</b>"}
        api(alone, "refresh")
        (refresh,) = visitor.wait_for("refresh")
        assert (refresh["min_seconds"], refresh["max_seconds"]) == (10, 19)
        assert page.missed(sent["id"]) == [{"event": "refresh", "data": refresh}]


def test_a_teammates_guess_shows_on_the_other_pages(alone: Node) -> None:
    owls = team(alone, "Guessers")
    with pages(Page(alone.url, owls)) as (page,):
        puzzle = first_puzzle(owls)
        owls.guess(puzzle, "surely not this one")
        assert page.wait_for("guess") == [{"puzzle": puzzle, "verdict": "wrong"}]


def test_only_websockets_are_spoken_and_only_with_our_own_pages(alone: Node) -> None:
    for query in ("EIO=4&transport=polling", "EIO=3&transport=websocket", "transport=websocket", "EIO=4&transport=x"):
        assert requests.get(f"{alone.url}/socket.io/?{query}", timeout=30).status_code == 400, query
    assert requests.get(f"{alone.url}/socket.io/?EIO=4&transport=websocket", timeout=30).status_code == 400
    assert requests.post(f"{alone.url}/socket.io/?EIO=4&transport=websocket&sid=x", timeout=30).status_code == 400
    assert b"400" in answer(alone, "Origin: https://elsewhere.example\r\n")
    assert b"101" in answer(alone, f"Origin: {alone.url}\r\n")


def test_nobody_compresses_what_is_said_to_thousands(alone: Node) -> None:
    offered = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    assert b"extensions" not in answer(alone, offered).lower()


# --- nonsense over the wire ------------------------------------------------------------------------------------------

FLOODS = {
    "pongs": frame(b"3"),
    "websocket pings": frame(b"x" * 100, 9),
    "events": frame(b'42["catch_up",{"after":0}]'),
    "unknown events": frame(b'42["join",{"room":"all"}]'),
    "deep json": frame(b"4" + b"[" * 8000),
    "empty frames": frame(b""),
    "binary": frame(b"\x04" * 1000, 2),
    "attachments": frame(b'459999999-["seen"]') + frame(b"x" * 1000, 2),
    "connect and leave": frame(b"40") + frame(b"41"),
    "acknowledgements": frame(b"431[]"),
    "large": frame(b"4" + b"x" * 16_000),
    "garbage": os.urandom(4096),
}


def test_a_flood_of_anything_harms_nobody(alone: Node) -> None:
    """Twelve sockets send as fast as the machine can, each its own nonsense; pages and other sockets go on."""
    owls = team(alone, "Quiet")
    with contextlib.ExitStack() as stack, pages(Page(alone.url, owls)) as (page,):
        floods = []
        for body in FLOODS.values():
            connection = stack.enter_context(handshake(alone))[1]
            connection.sendall(frame(b"40"))
            connection.setblocking(False)
            floods.append((connection, body * 200))
        waits = []
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            for connection, body in floods:
                with contextlib.suppress(OSError):  # full, or closed by the server: both are its right
                    connection.send(body)
            started = time.monotonic()
            assert requests.get(f"{alone.url}/healthz", timeout=10).status_code == 200
            waits.append(time.monotonic() - started)
        api(alone, "alert", message="unharmed")
        page.wait_for("alert")
        assert sorted(waits)[len(waits) // 2] < 0.25, waits
    assert owls.get("/game").status_code == 200
    assert "Traceback" not in alone.said()


def test_a_word_that_is_too_large_ends_its_socket(alone: Node) -> None:
    with handshake(alone) as (_, connection):
        connection.sendall(frame(b"40") + frame(b'42["seen",{"id":"' + b"x" * 20_000 + b'"}]'))
        assert is_ended(connection)


def test_a_word_in_endless_pieces_ends_its_socket(alone: Node) -> None:
    with handshake(alone) as (_, connection):
        connection.sendall(frame(b"40"))
        with contextlib.suppress(OSError):
            connection.sendall(frame(b'42["seen', is_final=False))
            for _ in range(100):
                connection.sendall(frame(b"x" * 1_000, 0, is_final=False))
        assert is_ended(connection)


def test_a_socket_that_dies_of_nonsense_leaves_nothing_behind(alone: Node) -> None:
    def open_sockets() -> float:
        metrics = requests.get(f"{alone.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30).text
        return float(re.search(r"\ninfinity_sockets (\S+)", metrics).group(1))  # type: ignore[union-attr]

    before = open_sockets()
    for body in (b"x", b"", b"4" + b"[" * 8000, b"9", b"b4AAA"):
        with handshake(alone) as (_, connection):
            connection.sendall(frame(b"40") + frame(body))
    wait_until(lambda: open_sockets() == before)
