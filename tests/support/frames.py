"""Websockets by hand: the bytes that a client may send, right and wrong ones."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator

from tests.support.server import Node


@contextlib.contextmanager
def handshake(server: Node, more: str = "") -> Iterator[tuple[bytes, socket.socket]]:
    """Open a websocket; gives the server's headers and the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            (
                f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
            ).encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(1)
            if not piece:
                break
            head += piece
        yield head, connection


def answer(server: Node, more: str = "") -> bytes:
    """The headers with which the server answers a handshake."""
    with handshake(server, more) as (head, _):
        return head


def frame(body: bytes, opcode: int = 1, *, is_final: bool = True) -> bytes:
    """A masked frame; a mask of zeros changes nothing."""
    first = (0x80 if is_final else 0) | opcode
    if len(body) < 126:
        return struct.pack("!BB", first, 0x80 | len(body)) + bytes(4) + body
    if len(body) < 65536:
        return struct.pack("!BBH", first, 0x80 | 126, len(body)) + bytes(4) + body
    return struct.pack("!BBQ", first, 0x80 | 127, len(body)) + bytes(4) + body


def is_ended(connection: socket.socket, seconds: float = 10) -> bool:
    """Whether the server closes the connection in this time."""
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
