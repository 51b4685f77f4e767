"""Handing a mail over: what a server is told and when, and what is known of a mail whose answer never came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from app.notifications import outbox_queries
from app.notifications.outbox import CLAIMED_FOR, NotDelivered, read_backlog, send_due, sweep_outbox
from app.notifications.senders import MailSender
from tests.standins.mail_server import MailServer, mail_server
from tests.support.clock import FixedClock
from tests.support.world import World, world

LONG = "<https://hunt.example/api/unsubscribe/" + "x" * 300 + ">"
LETTER: dict[str, Any] = {"to": ["a@example.org"], "subject": "Grüße " * 20, "text": "one\n.two\n.\nend"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


def sender(server: MailServer) -> MailSender:
    return MailSender(f"smtp://127.0.0.1:{server.port}", "hunt@example.org")


def test_the_moment_before_the_text_comes_when_the_server_is_ready_and_has_nothing(server: MailServer) -> None:
    order = []
    server.before_text = lambda to: order.append(f"ready for {to}")
    server.after_text = lambda to: order.append("has it")
    sender(server).hand_over(LETTER, lambda: order.append("before"))
    assert order == ["ready for a@example.org", "before", "has it"]


def test_what_is_raised_at_that_moment_keeps_the_mail_here(server: MailServer) -> None:
    def refuse() -> None:
        raise LookupError("not ours")

    with pytest.raises(LookupError):
        sender(server).hand_over(LETTER, refuse)
    assert server.letters == []


def test_a_text_arrives_with_its_dots_its_headers_and_its_id(server: MailServer) -> None:
    headers = {"List-Unsubscribe": LONG, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail = {**LETTER, "headers": headers, "message_id": "<announcement-1-2-3@hunt.example>"}
    sender(server).hand_over(mail, lambda: None)
    (letter,), (raw,) = server.mails, server.letters
    assert letter.get_content().splitlines() == ["one", ".two", ".", "end"]
    assert letter["Message-ID"] == "<announcement-1-2-3@hunt.example>"
    assert letter["Subject"].split() == ["Grüße"] * 20
    assert b"List-Unsubscribe: " + LONG.encode() + b"\r\n" in raw
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ({"RCPT": "550 no such box"}, (True, True, False, False)),
        ({"RCPT": "451 later"}, (False, False, False, False)),
        ({"MAIL": "553 not you"}, (True, False, False, False)),
        ({"DATA": "421 busy"}, (False, False, False, False)),
        ({"TEXT": "451 later"}, (False, False, False, False)),
        ({"TEXT": "554 spam"}, (True, False, False, False)),
    ],
)
def test_a_refusal_says_whether_it_is_final_and_whose_fault(
    server: MailServer, codes: dict[str, str], expected: tuple[bool, ...]
) -> None:
    server.codes = codes
    with pytest.raises(NotDelivered) as no:
        sender(server).hand_over(LETTER, lambda: None)
    why = no.value
    assert (why.is_final, why.is_bounced, why.is_silent, why.is_unclear) == expected


def test_a_connection_that_breaks_after_the_text_leaves_it_unclear(server: MailServer) -> None:
    def break_off(to: str) -> None:
        raise OSError

    server.after_text = break_off
    with pytest.raises(NotDelivered) as no:
        sender(server).hand_over(LETTER, lambda: None)
    assert (no.value.is_unclear, no.value.is_silent, no.value.is_final) == (True, False, False)


def test_a_connection_that_breaks_before_the_text_is_just_silence(server: MailServer) -> None:
    def break_off(to: str) -> None:
        raise OSError

    server.before_text = break_off
    with pytest.raises(NotDelivered) as no:
        sender(server).hand_over(LETTER, lambda: None)
    assert (no.value.is_unclear, no.value.is_silent) == (False, True)


# --- from the outbox -------------------------------------------------------------------------------------------------


class Dying:
    """A sender whose process ends at one moment of the next mail: ``before`` the text or ``after`` it."""

    def __init__(self, sender: MailSender, moment: str) -> None:
        self.sender, self.moment = sender, moment

    def send(self, payload: Mapping[str, Any]) -> None:
        raise AssertionError("a mail is handed over")

    def hand_over(self, payload: Mapping[str, Any], before: Callable[[], None]) -> None:
        if self.moment == "before":
            raise SystemError("the process is killed")
        self.sender.hand_over(payload, before)
        raise SystemError("the process is killed")


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_mail_of_the_outbox_goes_out_once_though_its_sender_is_killed(
    node: World, server: MailServer, moment: str
) -> None:
    with node.database.writing() as connection:
        sealed = outbox_queries.encrypted(node.encryption, LETTER)
        outbox_queries.add(connection, "mail", sealed, node.clock.now())
    with pytest.raises(SystemError):
        send_due(node.database, node.clock, node.encryption, {"mail": Dying(sender(server), moment)})
    for _ in range(3):
        node.clock.advance(CLAIMED_FOR.total_seconds())
        send_due(node.database, node.clock, node.encryption, {"mail": sender(server)})
        sweep_outbox(node.database, node.clock)
    assert server.receivers == ["a@example.org"]
    backlog = read_backlog(node.database)
    assert (backlog.waiting, backlog.given_up) == (0, 0 if moment == "before" else 1)


def test_a_mail_that_a_server_puts_off_after_its_text_is_tried_again(node: World, server: MailServer) -> None:
    with node.database.writing() as connection:
        sealed = outbox_queries.encrypted(node.encryption, LETTER)
        outbox_queries.add(connection, "mail", sealed, node.clock.now())
    server.codes = {"TEXT": "451 later"}
    assert send_due(node.database, node.clock, node.encryption, {"mail": sender(server)}) == 0
    server.codes = {}
    node.clock.advance(30)
    assert send_due(node.database, node.clock, node.encryption, {"mail": sender(server)}) == 1
