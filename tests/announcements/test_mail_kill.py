"""A mail run whose process is killed, truly: each address has the mail once when another process goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.announcements.mail_runs import CLAIMED_FOR, send_runs
from app.notifications.senders import MailSender
from tests.announcements.mailing import counts, fill_up, is_finished, press, say
from tests.standins.mail_server import MailServer, mail_server
from tests.support.clock import FixedClock
from tests.support.environment import ROOT
from tests.support.world import World, world

PROGRAM = """
import sys
from app.announcements.mail_runs import send_runs
from app.notifications.senders import MailSender
from tests.announcements.mailing import press
from tests.support.clock import FixedClock
from tests.support.world import world
with world(sys.argv[1], FixedClock()) as node:
    node.settle(mail_rate=6_000)
    send_runs(press(node), MailSender(f"smtp://127.0.0.1:{sys.argv[2]}", "hunt@example.org"))
"""
SECONDS = 60


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        one.settle(mail_rate=6_000)
        yield one


@pytest.mark.parametrize("moment", ["before_text", "after_text"])
def test_after_a_kill_each_address_has_the_mail_once(
    node: World, database: str, server: MailServer, moment: str
) -> None:
    everybody, number = fill_up(node, 8), say(node)
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, database, str(server.port)], cwd=ROOT)
    seen = []

    def kill(to: str) -> None:
        seen.append(to)
        if len(seen) == 4:
            child.kill()
            child.wait(SECONDS)

    setattr(server, moment, kill)
    with child:
        assert child.wait(SECONDS) != 0
    assert 0 < len(server.letters) < 8
    setattr(server, moment, lambda to: None)
    sender = MailSender(f"smtp://127.0.0.1:{server.port}", "hunt@example.org")
    for _ in range(3):
        node.clock.advance(CLAIMED_FOR.total_seconds())
        send_runs(press(node), sender)
    assert server.receivers == everybody
    assert is_finished(node, number)
    found = counts(node, number)
    assert found["sent"] + found.get("unclear", 0) == 8
    assert found.get("unclear", 0) <= 2
