"""The line itself: as late as it says, whole, and in order."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.distance import line


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of somebody who says everything again."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    visitor, _ = door.accept()
                    threading.Thread(target=repeat, args=(visitor,), daemon=True).start()

        def repeat(visitor: socket.socket) -> None:
            with visitor:
                while piece := visitor.recv(65536):
                    visitor.sendall(piece)

        threading.Thread(target=serve, daemon=True).start()
        yield door.getsockname()[1]


def test_every_byte_arrives_in_order_and_none_before_its_time(echo: int) -> None:
    text = bytes(range(256)) * 2000
    with line(echo) as one, socket.create_connection(("127.0.0.1", one.port)) as visitor:
        one.round_trip_seconds = 0.2
        began = time.monotonic()
        threading.Thread(target=visitor.sendall, args=(text,), daemon=True).start()
        first = visitor.recv(1)
        assert time.monotonic() - began >= 0.2
        heard = bytearray(first)
        while len(heard) < len(text):
            heard += visitor.recv(65536)
        assert bytes(heard) == text


def test_an_end_is_passed_on(echo: int) -> None:
    with line(echo) as one, socket.create_connection(("127.0.0.1", one.port), timeout=10) as visitor:
        visitor.sendall(b"last words")
        visitor.shutdown(socket.SHUT_WR)
        heard = b"".join(iter(lambda: visitor.recv(64), b""))
        assert heard == b"last words"
