"""A proxy before PostgreSQL that counts round trips: what a client asks on its connections and waits for.

A message that carries several statements is one round trip, and a ``BEGIN`` that the driver sends by itself is one too.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

# After each of these the client waits: a simple query, and the end of an extended one.
AWAITED = (b"Q", b"S")
ENCRYPTION_REQUESTS = frozenset({80877103, 80877104})


@dataclass
class Wire:
    """What has passed since :meth:`counting` began. ``messages`` are the simple queries, as text."""

    port: int
    messages: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The round trips made meanwhile."""
        self.messages.clear()
        yield self.messages

    def url(self, database_url: str) -> str:
        """The database's URL, through this proxy."""
        return re.sub(r":\d+/", f":{self.port}/", database_url)


@contextlib.contextmanager
def wire(database_url: str) -> Iterator[Wire]:
    """A proxy before this database for the length of a ``with``."""
    found = re.search(r"@([^:/]+):(\d+)/", database_url)
    assert found is not None, database_url
    with socket.create_server(("127.0.0.1", 0)) as door:
        proxy = Wire(door.getsockname()[1])
        threading.Thread(target=_accept, args=(door, (found[1], int(found[2])), proxy), daemon=True).start()
        yield proxy


def _accept(door: socket.socket, server: tuple[str, int], proxy: Wire) -> None:
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            return
        upstream = socket.create_connection(server)
        for way in ((_forward, client, upstream, proxy), (_back, upstream, client)):
            threading.Thread(target=way[0], args=way[1:], daemon=True).start()


def _forward(client: socket.socket, upstream: socket.socket, proxy: Wire) -> None:
    with contextlib.suppress(OSError), client, upstream:
        reader = client.makefile("rb")
        while True:  # what comes before the first typed message has no type
            length = reader.read(4)
            body = reader.read(int.from_bytes(length) - 4)
            upstream.sendall(length + body)
            if int.from_bytes(body[:4]) not in ENCRYPTION_REQUESTS:
                break
        while kind := reader.read(1):
            length = reader.read(4)
            body = reader.read(int.from_bytes(length) - 4)
            if kind in AWAITED:
                proxy.messages.append(body.rstrip(b"\0").decode())
            upstream.sendall(kind + length + body)


def _back(upstream: socket.socket, client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := upstream.recv(65536):
            client.sendall(piece)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)
