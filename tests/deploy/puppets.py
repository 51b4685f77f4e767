"""Nodes without a hunt, which do as a test says: ready or not, draining or not, slow, or hanging up in the middle."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator

from app.runtime.haproxy_agent import HaproxyAgent


class Puppet:
    """One node at ``address``. Every answer tells who gave it, and which headers came."""

    def __init__(self, address: str, port: int, agent_port: int) -> None:
        self.address = address
        self.is_ready = True
        self.readiness = '{"ready": true, "reasons": []}'
        self.readiness_seconds = 0.0
        self.is_leaving = False
        self.status = 200
        # What requests that come from now on wait for.
        self.held: threading.Event | None = None
        self.hangs_up = False
        self.asked: list[str] = []
        agent = HaproxyAgent(address, agent_port)
        agent.is_leaving = lambda: self.is_leaving
        agent.start()
        self._server = _Server((address, port), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()

    def fall_silent(self) -> None:
        """Like the address of a container that has vanished: a new connection hears nothing at all."""
        address, self._silence = self._server.server_address, socket.socket()
        self.close()
        self._silence.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._silence.bind(address)
        self._silence.listen(0)
        # Its queue is full from the start: the kernel drops what comes.
        self._callers = [socket.socket() for _ in range(4)]
        for caller in self._callers:
            caller.setblocking(False)
            caller.connect_ex(address)

    def close(self) -> None:
        """Close the door to pages; the agent stays."""
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A balancer that hangs up is no news."""


def _handler(puppet: Puppet) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/readyz":
                time.sleep(puppet.readiness_seconds)
                return self.answer(200 if puppet.is_ready else 503, puppet.readiness)
            puppet.asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if held := puppet.held:
                held.wait(60)
            if puppet.hangs_up:
                return self.connection.shutdown(socket.SHUT_RDWR)
            told = {
                "node": puppet.address,
                "path": self.path,
                "headers": {name.title(): self.headers[name] for name in self.headers},
            }
            return self.answer(puppet.status, json.dumps(told))

        do_POST = do_HEAD = do_GET  # noqa: N815 - the library's own names

        def answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text.encode())

        def log_message(self, *words: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def puppets(addresses: list[str], port: int, agent_port: int) -> Iterator[list[Puppet]]:
    """Puppets for the length of a ``with``."""
    made = [Puppet(address, port, agent_port) for address in addresses]
    try:
        yield made
    finally:
        for one in made:
            one.close()
