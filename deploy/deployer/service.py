#!/usr/bin/env python3
"""The service behind Slack's ``/deploy``: on the machine that packs, never on a node of the site.

    python3 -m deploy.deployer.service         # settings: deploy/deployer/infinity-deployer.default

Slack is answered at once, since it waits for three seconds; what takes longer follows by the address that came with the
request. Listens on this machine alone: a web server with a certificate is in front. Needs Python's standard library.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from deploy.deployer import answers
from deploy.deployer.answers import Answer
from deploy.deployer.conversation import Conversation, Person
from deploy.deployer.releases import Releases
from deploy.deployer.signature import NotSlacks, check
from deploy.deployer.store import Store
from deploy.pipeline.checkout import Refused

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND, BUTTON = "/slack/command", "/slack/button"
LONGEST_BODY = 64 * 1024
READ_SECONDS = 10
REPLY_SECONDS = 10
SLACKS_ADDRESS = "https://hooks.slack.com/"


@dataclass(frozen=True)
class Settings:
    """From the environment. ``replies`` is what each address for replies has to begin with."""

    secret: str
    team: str
    deployers: tuple[str, ...]
    home: Path
    port: int
    replies: str = SLACKS_ADDRESS


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Raises :class:`Refused` with what is missing or wrong, by name."""
    secret, team = environ.get("SLACK_SIGNING_SECRET", ""), environ.get("SLACK_TEAM", "")
    deployers = tuple(one for one in re.split(r"[,\s]+", environ.get("DEPLOYERS", "")) if one)
    if len(secret) < 16:
        raise Refused("SLACK_SIGNING_SECRET is missing or too short: Slack shows it under Basic Information")
    if not re.fullmatch(r"T[A-Z0-9]+", team):
        raise Refused("SLACK_TEAM is no workspace: T and capitals, as in the address of Slack in a browser")
    if not deployers or not all(re.fullmatch(r"[UW][A-Z0-9]+", one) for one in deployers):
        raise Refused("DEPLOYERS are members' ids with commas between: U and capitals, from a profile's menu, no names")
    if not environ.get("INFINITY_APT_HOME"):
        raise Refused("INFINITY_APT_HOME names the folder of the package repository")
    home = Path(environ.get("STATE_DIRECTORY") or "/var/lib/infinity-deployer")
    return Settings(secret, team, deployers, home, int(environ.get("DEPLOYER_PORT") or "8787"))


class Service(ThreadingHTTPServer):
    """Listens; what takes long is done by a few threads, which :meth:`close` waits for."""

    daemon_threads = True

    def __init__(
        self, settings: Settings, releases: Releases, now: Callable[[], float] = time.time, host: str = "127.0.0.1"
    ) -> None:
        self.settings, self.now = settings, now
        self.store = Store(settings.home)
        self.conversation = Conversation(self.store, releases, settings.team, settings.deployers, now)
        self._workers = ThreadPoolExecutor(4, "deployer")
        super().__init__((host, settings.port), Handler)

    def later(self, act: Callable[..., None], *words: object, reply_to: str) -> None:
        """Do ``act`` with a way to reply, and say so if it breaks."""
        self._workers.submit(self._act, act, words, lambda answer: self._reply(reply_to, answer))

    def close(self) -> None:
        """No more requests; a deployment under way is brought to its end."""
        self.server_close()
        self._workers.shutdown()

    def handle_error(self, _request: object, client_address: object) -> None:
        """A caller that hung up, mostly; a line says it."""
        print(f"deployer: {client_address}: {sys.exc_info()[1]!r}", file=sys.stderr, flush=True)

    def _act(self, act: Callable[..., None], words: tuple[object, ...], reply: Callable[[Answer], None]) -> None:
        try:
            act(*words, reply)
        except Exception as problem:
            print(f"deployer: {type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
            reply(answers.to_person("Something went wrong; the service's log says what."))

    def _reply(self, address: str, answer: Answer) -> None:
        if not address.startswith(self.settings.replies):
            print("deployer: the address for replies is not Slack's; nothing was sent", file=sys.stderr, flush=True)
            return
        request = urllib.request.Request(address, json.dumps(answer).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=REPLY_SECONDS):
                pass
        except OSError as problem:
            # What was done is in the audit; that nobody heard of it changes nothing.
            print(f"deployer: Slack did not take a reply: {problem}", file=sys.stderr, flush=True)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Service
    timeout = READ_SECONDS

    def do_GET(self) -> None:
        self._send(200 if self.path == "/healthz" else 404)

    def do_POST(self) -> None:
        code = self._fault()
        if code:
            self._send(code)
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._is_slacks(body):
            self._send(401)
            return
        try:
            form = {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=50).items()}
            answer = self._command(form) if self.path == COMMAND else self._button(json.loads(form["payload"]))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            self._send(400)
            return
        self._send(200, answer)

    def log_message(self, *_words: object) -> None:
        """The audit says who did what; of the rest nothing is kept."""

    def _fault(self) -> int:
        """The code that refuses the request before it is read; 0 if nothing does."""
        length = self.headers.get("Content-Length", "")
        if self.path not in (COMMAND, BUTTON):
            return 404
        if not re.fullmatch(r"[0-9]{1,9}", length):
            return 411
        return 413 if int(length) > LONGEST_BODY else 0

    def _is_slacks(self, body: bytes) -> bool:
        sent, signature = (self.headers.get(f"X-Slack-{name}", "") for name in ("Request-Timestamp", "Signature"))
        now = self.server.now()
        try:
            check(self.server.settings.secret, sent, body, signature, now)
        except NotSlacks as why:
            print(f"deployer: refused: {why}", file=sys.stderr, flush=True)
            return False
        if not self.server.store.use(signature, now):
            self.server.store.write("replayed", path=self.path)
            return False
        return True

    def _command(self, form: Mapping[str, str]) -> Answer | None:
        if form.get("ssl_check"):
            return None
        person = Person(form["user_id"], form["team_id"], form.get("user_name", ""), form.get("channel_id", ""))
        text = form.get("text", "")
        talk = self.server.conversation
        if not talk.may(person):
            return talk.refuse(person, text)
        self.server.later(talk.command, person, text, reply_to=form["response_url"])
        return answers.to_person("One moment …")

    def _button(self, payload: Mapping[str, Any]) -> Answer | None:
        user, (action,) = payload["user"], payload["actions"]
        team, channel = payload["team"]["id"], (payload.get("channel") or {}).get("id", "")
        person = Person(user["id"], team, user.get("username") or user.get("name", ""), channel)
        talk = self.server.conversation
        acts = {"deploy": talk.confirm, "cancel": talk.cancel}
        name = action["action_id"]
        if talk.may(person):
            self.server.later(acts[name], person, str(action["value"]), reply_to=payload["response_url"])
            return None
        # Slack shows no answer to a button; what is said goes by the other way.
        refusal = talk.refuse(person, f"button {name}")
        self.server.later(lambda reply: reply(refusal), reply_to=payload["response_url"])
        return None

    def _send(self, code: int, answer: Answer | None = None) -> None:
        body = json.dumps(answer).encode() if answer else b""
        self.send_response(code)
        if body:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


def main() -> None:
    """Serve until SIGTERM."""
    service = Service(read_settings(os.environ), Releases(ROOT))

    def stop(*_words: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        service.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        service.close()


if __name__ == "__main__":
    main()
