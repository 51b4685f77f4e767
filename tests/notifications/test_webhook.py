"""A notice on its way to an incoming webhook, to a real (if small) server."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from app.notifications.outbox import NotDelivered
from app.notifications.senders import WebhookSender


@contextmanager
def webhook(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that answers every notice with this status; its address, and what it got."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/services/T0/secrettoken", got
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()


def test_a_notice_suits_slack_and_discord() -> None:
    with webhook(200) as (url, got):
        WebhookSender(url).send({"text": "Owls <!channel> & co"})
    assert got == [
        {"text": "Owls &lt;!channel&gt; &amp; co", "content": "Owls <!channel> & co", "allowed_mentions": {"parse": []}}
    ]


@pytest.mark.parametrize(("status", "is_final"), [(302, True), (404, True), (429, False), (500, False), (503, False)])
def test_a_webhook_that_refuses_is_a_number(status: int, is_final: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with webhook(status) as (url, got), pytest.raises(NotDelivered) as no:
        WebhookSender(url).send({"text": "x"})
    assert (no.value.kind, no.value.is_final, len(got)) == (f"HTTP {status}", is_final, 1)
    assert "secrettoken" not in caplog.text + str(no.value)


def test_a_webhook_that_is_away_is_tried_again_without_its_address() -> None:
    with pytest.raises(NotDelivered) as no:
        WebhookSender("http://127.0.0.1:1/secrettoken").send({"text": "x"})
    assert (no.value.kind, no.value.is_final) == ("ConnectionError", False)
