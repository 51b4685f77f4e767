"""Slack as the deployer sees it: signed requests, and an address that takes replies."""

from __future__ import annotations

import http.client
import http.server
import json
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from deploy.deployer.releases import Channels, Failed
from deploy.deployer.service import BUTTON, COMMAND, Service, Settings
from deploy.deployer.signature import sign
from deploy.pipeline.checkout import Commit

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM, ADA, BOB, EVE = "T0HUNT", "U0ADA", "U0BOB", "U0EVE"
OLD, NEW = "1.0.0+1796000000.0123abc", "1.0.1+1796100000.4567def"
COMMIT = Commit("4567def" + "0" * 33, "Mallory <!channel>", "Add *stars* <@U1>")


class FakeReleases:
    """Staging and production in memory; ``going`` is called while a release is on its way."""

    def __init__(self) -> None:
        self.staging, self.production = NEW, OLD
        self.went: list[str] = []
        self.going: Callable[[], None] = lambda: None

    def channels(self) -> Channels:
        return Channels(self.staging, self.production, tuple(one for one in (OLD, NEW) if self.staging))

    def commit_of(self, version: str) -> Commit | None:
        return COMMIT if version == NEW else None

    def to_production(self, version: str) -> str:
        self.went.append(version)
        self.going()
        self.production = version
        return f"production: {version}\n"

    def fails(self, why: str) -> None:
        def fail() -> None:
            raise Failed(why)

        self.going = fail


class _Replies(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.put(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


class Slack:
    """The service with what is around it. ``moment`` is its clock."""

    def __init__(self, home: Path) -> None:
        self.moment = time.time()
        self.releases = FakeReleases()
        self.replies = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Replies)
        self.replies.heard = queue.Queue()  # type: ignore[attr-defined]
        self.address = f"http://127.0.0.1:{self.replies.server_port}/"
        settings = Settings(SECRET, TEAM, (ADA, BOB), home, 0, replies=self.address)
        self.service = Service(settings, self.releases, lambda: self.moment)  # type: ignore[arg-type]
        self.audit_file = home / "audit.log"
        for server in (self.replies, self.service):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        for server in (self.service, self.replies):
            server.shutdown()
        self.service.close()
        self.replies.server_close()

    # --- what Slack sends ---------------------------------------------------------------------------------------------

    def send(self, path: str, body: bytes, **headers: str) -> tuple[int, Any]:
        """Send these bytes; the code and what was answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.service.server_port, timeout=10)
        try:
            connection.request("POST", path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            response = connection.getresponse()
            said = response.read()
            return response.status, json.loads(said) if said else None
        finally:
            connection.close()

    def signed(self, path: str, body: bytes, *, age: float = 0, secret: str = SECRET) -> tuple[int, Any]:
        stamp = str(int(self.moment - age))
        return self.send(path, body, X_Slack_Request_Timestamp=stamp, X_Slack_Signature=sign(secret, stamp, body))

    def deploy(self, text: str, person: str = ADA, **more: str) -> tuple[int, Any]:
        """``/deploy TEXT``. Each is a request of its own, by its trigger."""
        self.moment += 1
        return self.signed(COMMAND, command(self, text, person, **more))

    def press(self, action: str, question: str, person: str = ADA, **more: Any) -> tuple[int, Any]:
        """Press a button."""
        self.moment += 1
        payload = {
            "type": "block_actions", "user": {"id": person, "username": person.lower()}, "team": {"id": TEAM},
            "actions": [{"action_id": action, "value": question}], "response_url": f"{self.address}r", **more,
        }  # fmt: skip
        return self.signed(BUTTON, urlencode({"payload": json.dumps(payload)}).encode())

    def heard(self) -> dict[str, Any]:
        """The next reply."""
        reply: dict[str, Any] = self.replies.heard.get(timeout=60)  # type: ignore[attr-defined]
        return reply

    def is_quiet(self) -> bool:
        return bool(self.replies.heard.empty())  # type: ignore[attr-defined]

    def asked(self, person: str = ADA, text: str = "production") -> str:
        """Ask for production; the number of the question that comes back."""
        assert self.deploy(text, person)[0] == 200
        return question_of(self.heard())

    def audit(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.audit_file.read_text().splitlines()]


def command(slack: Slack, text: str, person: str = ADA, **more: str) -> bytes:
    form = {
        "team_id": TEAM, "user_id": person, "user_name": person.lower(), "channel_id": "C0OPS", "command": "/deploy",
        "text": text, "response_url": f"{slack.address}r", **more,
    }  # fmt: skip
    return urlencode(form).encode()


def question_of(reply: dict[str, Any]) -> str:
    buttons = reply["blocks"][-1]["elements"]
    assert [button["action_id"] for button in buttons] == ["deploy", "cancel"]
    return str(buttons[0]["value"])
