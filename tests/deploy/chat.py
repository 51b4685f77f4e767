"""A chat with a webhook, for agents that tell what they do."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator


class Chat(http.server.ThreadingHTTPServer):
    """Writes down what it is told; ``heard`` is in the order of arrival."""

    def __init__(self, host: str) -> None:
        self.heard: list[str] = []
        super().__init__((host, 0), _Ear)
        self.url = f"http://{host}:{self.server_port}/hook"


class _Ear(http.server.BaseHTTPRequestHandler):
    server: Chat

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body)["text"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


@contextlib.contextmanager
def chat_at(host: str) -> Iterator[Chat]:
    """A chat that listens at this address of the machine for the length of a ``with``."""
    with Chat(host) as chat:
        thread = threading.Thread(target=chat.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield chat
        finally:
            chat.shutdown()
            thread.join()
