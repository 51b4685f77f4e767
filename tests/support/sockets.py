"""Open pages without a browser: a socket inside the process, and a standard client over the wire."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import socketio
from flask import Flask
from flask_socketio import SocketIOTestClient

from tests.support.client import PageClient, Visitor

# Of those that wait for something to happen: it costs nothing when it does.
PATIENCE_SECONDS = 30.0


class OpenPage(SocketIOTestClient):
    """A socket in this process, with the cookies of a test client."""

    def __init__(self, app: Flask, client: PageClient | None = None) -> None:
        super().__init__(app, app.extensions["socketio"], flask_test_client=client)

    def heard(self, name: str = "") -> list[dict[str, Any]]:
        """What has been said to this page since the last time it was asked; only ``name`` if given."""
        words = self.get_received() if self.is_connected() else self.queue
        return [word["args"][0] for word in words if name in ("", word["name"])]

    def names(self) -> list[str]:
        """The names of everything said since the last time, in order."""
        return [word["name"] for word in self.get_received()]

    def send_raw(self, text: Any) -> None:
        """A Socket.IO packet as it stands, such as ``2["seen",{"id":1}]``."""
        self.socketio.server.eio._trigger_event("message", self.eio_sid, text, run_async=False)


class Page:
    """A standard client over the wire, which remembers everything it hears."""

    def __init__(self, url: str, visitor: Visitor | None = None, **options: Any) -> None:
        self.url = url
        self.words: list[tuple[str, Any]] = []
        self._visitor = visitor
        self.client = socketio.Client(**{"reconnection": False, **options})
        self.client.on("*", lambda name, *words: self.words.append((name, words[0] if words else None)))
        self.client.on("disconnect", lambda *_: None)

    def connect(self) -> Page:
        """Open the socket with the visitor's cookies, and wait for the greeting."""
        cookies = self._visitor.cookies if self._visitor else {}
        header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies) if cookies else ""
        self.client.connect(self.url, headers={"Cookie": header} if header else {}, transports=["websocket"])
        self.wait_for("hello")
        return self

    def events(self, name: str) -> list[Any]:
        """What came under this name so far."""
        return [payload for event, payload in self.words if event == name]

    def wait_for(self, name: str, count: int = 1, seconds: float = PATIENCE_SECONDS) -> list[Any]:
        """Return when ``count`` events of this name have come."""
        wait_until(lambda: len(self.events(name)) >= count, seconds, f"{count} × {name}, but heard {self.words}")
        return self.events(name)

    def missed(self, after: int) -> list[Any]:
        """Ask for what was missed."""
        return self.client.call("catch_up", {"after": after}, timeout=PATIENCE_SECONDS)  # type: ignore[no-any-return]

    def is_open(self) -> bool:
        """Whether the socket is connected."""
        return bool(self.client.connected)

    def close(self) -> None:
        """Close the socket, as a laptop's lid does."""
        self.client.disconnect()


def wait_until(is_so: Any, seconds: float = PATIENCE_SECONDS, what: str = "it") -> None:
    """Return as soon as ``is_so()``; fail when that takes too long."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.02)


@contextlib.contextmanager
def pages(*wanted: Page) -> Iterator[tuple[Page, ...]]:
    """Open pages for the length of a ``with``."""
    try:
        yield tuple(page.connect() for page in wanted)
    finally:
        for page in wanted:
            page.close()
