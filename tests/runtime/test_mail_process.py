"""Mail from the real program, with its green threads: a slow mail server, a slow mail run, and pages meanwhile."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest

from tests.standins.mail_server import MailServer, mail_server
from tests.support import processes
from tests.support.client import Visitor
from tests.support.server import Node, node

LINK = re.compile(r"http\S+(/account/confirm/\S+)")
SECONDS = 60


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture
def program(sqlite_database: str, server: MailServer) -> Iterator[Node]:
    more = {"SMTP_URL": f"smtp://127.0.0.1:{server.port}", "SITE_URL": "http://hunt.example"}
    with node(sqlite_database, more) as one:
        yield one


def test_a_mail_server_that_is_slow_holds_up_neither_pages_nor_other_mails(program: Node, server: MailServer) -> None:
    gate = threading.Event()

    def hold(to: str) -> None:
        if to.startswith("slow"):
            gate.wait(SECONDS)

    server.after_text = hold
    try:
        with Visitor(program.url) as team, Visitor(program.url) as other:
            assert team.register("Owls", emails="slow@example.org").status_code == 303
            processes.wait_until(lambda: len(server.letters) == 1, program.process, program.log, SECONDS)
            assert other.register("Bats", emails="quick@example.org").status_code == 303
            processes.wait_until(lambda: len(server.letters) == 2, program.process, program.log, SECONDS)
            assert not gate.is_set()
            found = LINK.search(server.mails[1].get_content())
            assert found
            assert other.send_form(found[1]).status_code == 303
            page = other.get("/account").text
            assert "confirmed" in page
            assert "not confirmed" not in page
    finally:
        gate.set()
