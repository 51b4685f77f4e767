"""A small real mail server: takes mails on a port of its own, and lets a test step in at two moments of each."""

from __future__ import annotations

import contextlib
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast


class MailServer:
    """Keeps each mail whose text arrived whole, answered or not; ``codes`` answers commands otherwise than with 250."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.letters: list[bytes] = []
        self.before_text: Callable[[str], None] = lambda to: None
        self.after_text: Callable[[str], None] = lambda to: None
        self.port = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [cast(EmailMessage, message_from_bytes(one, policy=default)) for one in self.letters]

    @property
    def receivers(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.mails)


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: Port
    to = ""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(b"220 box\r\n")
            while line := self.rfile.readline():
                self.answer(line.decode().strip())

    def answer(self, line: str) -> None:
        verb, codes = line.split(" ")[0].upper(), self.server.box.codes
        if found := re.match(r"RCPT TO:<([^>]+)>", line, re.IGNORECASE):
            self.to = found[1]
        if verb == "DATA" and verb not in codes:
            self.take_text(self.server.box)
        else:
            self.wfile.write(codes.get(verb, "250 fine").encode() + b"\r\n")

    def take_text(self, box: MailServer) -> None:
        box.before_text(self.to)
        self.wfile.write(b"354 go on\r\n")
        text = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            text += line.removeprefix(b".") if line.startswith(b"..") else line
        box.letters.append(text)
        box.after_text(self.to)
        self.wfile.write(box.codes.get("TEXT", "250 kept").encode() + b"\r\n")


class Port(socketserver.ThreadingTCPServer):
    """Where it listens: a free port of this machine."""

    daemon_threads = True

    def __init__(self, box: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.box = box
        box.port = self.server_address[1]


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server for the length of a ``with``."""
    box = MailServer()
    with Port(box) as port:
        thread = threading.Thread(target=port.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield box
        finally:
            port.shutdown()
            thread.join(60)
