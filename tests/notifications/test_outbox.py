"""Mail and notices on their way out: once, to real (if small) servers, and without a secret in any fault."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.password_reset import ask_for_link, write_link
from app.database import addresses
from app.encryption import Encryption
from app.notifications.outbox import MOST_ATTEMPTS, NotDelivered, OutboxPostman, read_backlog, send_due, sweep_outbox
from app.notifications.senders import MailSender
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world


def link_writer(node: World) -> Callable[[Mapping[str, Any]], dict[str, Any] | None]:
    """Writes the reset mails of this node."""
    return partial(write_link, node.database, node.in_force, node.clock, node.translate)


def forget_password(node: World) -> None:
    """The owls ask for a link to set a new password."""
    ask_for_link(
        node.database, node.clock, postman(node), node.encryption, node.later,
        "owls", "https://hunt.example/", "192.0.2.1",
    )  # fmt: skip


class Carrier:
    """Keeps what it is given, or refuses it."""

    def __init__(self, *problems: NotDelivered) -> None:
        self.problems = list(problems)
        self.carried: list[Mapping[str, Any]] = []

    def send(self, payload: Mapping[str, Any]) -> None:
        if self.problems:
            raise self.problems.pop(0)
        self.carried.append(payload)


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def postman(node: World, *, is_set_up: bool = True) -> OutboxPostman:
    return OutboxPostman(node.clock, node.database, node.encryption, is_set_up)


def post(node: World, text: str = "hello", to: tuple[str, ...] = ("a@example.org",)) -> None:
    """Mail a new team that has proved these addresses."""
    postman(node).send(add_reader(node, to), "A subject", text)


def add_reader(node: World, to: tuple[str, ...]) -> int:
    team = node.add_team(f"Readers {node.count('teams')}", emails=list(to))
    with node.database.writing() as connection:
        addresses.note_proved(connection, team, to, node.clock.now())
    return team


# --- the outbox ------------------------------------------------------------------------------------------------------


def test_a_mail_goes_out_once_and_is_forgotten(node: World) -> None:
    post(node)
    carrier = Carrier()
    assert send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node)) == 1
    assert send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node)) == 0
    assert carrier.carried == [{"to": ["a@example.org"], "subject": "A subject", "text": "hello"}]
    ((payload,),) = node.all("SELECT payload FROM outbox")
    assert payload in ({}, "{}")


def test_a_copy_of_the_database_tells_nothing_of_a_waiting_mail(node: World) -> None:
    post(node, "the link is /account/reset/abc-of-the-link")
    kept = str(node.all("SELECT * FROM outbox"))
    assert "abc-of-the-link" not in kept
    assert "example.org" not in kept


def test_without_a_mail_server_nothing_is_kept(node: World) -> None:
    postman(node, is_set_up=False).send(add_reader(node, ("a@example.org",)), "x", "y")
    post(node, to=())
    assert node.count("outbox") == 0


def test_what_failed_is_tried_again_after_growing_pauses(node: World) -> None:
    post(node)
    carrier = Carrier(*[NotDelivered("Timeout")] * 3)
    waited = []
    for _ in range(4):
        seconds = 0
        while (
            not send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node))
            and not waited[3:]
        ):
            ((attempts, problem),) = node.all("SELECT attempts, problem FROM outbox")
            if problem and attempts > len(waited):
                waited.append(seconds)
                break
            node.clock.advance(10)
            seconds += 10
    assert waited == [0, 30, 60]
    assert len(carrier.carried) == 1


def test_what_never_goes_is_given_up_and_forgotten(node: World, caplog: pytest.LogCaptureFixture) -> None:
    post(node, "a secret link")
    carrier = Carrier(*[NotDelivered("Timeout")] * 99)
    for _ in range(50):
        send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node))
        node.clock.advance(3_600)
    assert len(carrier.problems) == 99 - MOST_ATTEMPTS
    backlog = read_backlog(node.database)
    assert (backlog.waiting, backlog.given_up, backlog.problem) == (0, 1, "Timeout")
    assert node.all("SELECT payload FROM outbox")[0][0] in ({}, "{}")
    assert "secret" not in caplog.text


def test_what_can_never_go_is_given_up_at_once(node: World) -> None:
    post(node)
    send_due(node.database, node.clock, node.encryption, {"mail": Carrier(NotDelivered("HTTP 404", is_final=True))})
    assert read_backlog(node.database).given_up == 1


def test_a_mail_that_another_secret_sealed_is_given_up(node: World) -> None:
    post(node)
    other = replace(node.ports, encryption=Encryption([b"another secret"]))
    assert send_due(other.database, other.clock, other.encryption, {"mail": Carrier()}) == 0
    assert read_backlog(node.database).problem == "sealed under another secret"


def test_of_many_nodes_one_sends_each_mail(node: World) -> None:
    for number in range(5):
        post(node, str(number))
    carrier = Carrier()
    at_once(
        [lambda: send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node))]
        * 4
    )
    assert sorted(one["text"] for one in carrier.carried) == list("01234")


def test_a_sender_that_died_leaves_its_mail_to_another(node: World) -> None:
    from app.notifications import outbox_queries

    post(node)
    with node.database.writing() as connection:
        assert outbox_queries.claim_due(connection, node.clock.now(), node.clock.now() + timedelta(minutes=15), 8, 5)
    carrier = Carrier()
    assert send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node)) == 0
    node.clock.advance(15 * 60)
    assert send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node)) == 1


def test_old_mails_are_dropped_and_keys_are_kept(node: World) -> None:
    from app.notifications import outbox_queries

    post(node)
    with node.database.writing() as connection:
        assert outbox_queries.add(connection, "mail", {}, node.clock.now(), "once")
        assert not outbox_queries.add(connection, "mail", {}, node.clock.now(), "once")
    send_due(node.database, node.clock, node.encryption, {"mail": Carrier()})
    node.clock.advance(3 * 86_400)
    sweep_outbox(node.database, node.clock)
    assert node.all("SELECT once_key FROM outbox") == [("once",)]


def test_a_forgotten_password_ends_in_a_letter_box(node: World) -> None:
    node.add_team("Owls", emails=["a@example.org"])
    forget_password(node)
    carrier = Carrier()
    send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node))
    assert "https://hunt.example/account/reset/" in carrier.carried[0]["text"]


def test_a_link_is_made_when_it_is_mailed(node: World) -> None:
    team = node.add_team("Owls", emails=["a@example.org"])
    forget_password(node)
    assert node.count("reset_links") == 0
    ((payload,),) = node.all("SELECT payload FROM outbox")
    sealed = (json.loads(payload) if isinstance(payload, str) else payload)["sealed"]
    assert json.loads(node.encryption.decrypt("mail", sealed)) == {
        "reset": {"team": team, "epoch": 0, "to": ["a@example.org"], "site_url": "https://hunt.example/"}
    }
    send_due(node.database, node.clock, node.encryption, {"mail": Carrier()}, write_link=link_writer(node))
    assert node.count("reset_links") == 1


@pytest.mark.parametrize("change", ["epoch = 1", "is_banned = true"])
def test_no_link_is_mailed_to_a_team_that_was_banned_or_has_a_new_password_since(node: World, change: str) -> None:
    node.add_team("Owls", emails=["a@example.org"])
    forget_password(node)
    with node.database.writing() as connection:
        connection.execute(sa.text(f"UPDATE teams SET {change}"))
    carrier = Carrier()
    assert send_due(node.database, node.clock, node.encryption, {"mail": carrier}, write_link=link_writer(node)) == 0
    assert (carrier.carried, node.count("reset_links")) == ([], 0)


# --- a mail server ---------------------------------------------------------------------------------------------------


class Letterbox:
    """A mail server for one letter: answers each line with its code, and keeps what it was told."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        self.codes, self.lines, self.letter = codes, list[str](), b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection, connection.makefile("rwb") as file:
            file.write(b"220 box\r\n")
            file.flush()
            while line := file.readline():
                self.lines.append(line.decode().strip())
                verb = self.lines[-1].split(" ")[0].upper()
                if verb == "DATA" and "DATA" not in self.codes:
                    self._take_letter(file)
                    continue
                file.write(self.codes.get(verb, "250 fine").encode() + b"\r\n")
                file.flush()
                if verb == "QUIT":
                    return

    def _take_letter(self, file: Any) -> None:
        file.write(b"354 go on\r\n")
        file.flush()
        while (line := file.readline()) != b".\r\n":
            self.letter += line
        file.write(b"250 kept\r\n")
        file.flush()

    def close(self) -> None:
        self._socket.close()
        self._thread.join(60)


@contextmanager
def letterbox(**codes: str) -> Iterator[Letterbox]:
    box = Letterbox(codes)
    try:
        yield box
    finally:
        box.close()


LETTER = {"to": ["a@example.org"], "subject": "Öwls\r\nBcc: x@example.org", "text": "Grüße\n.\nend"}


def test_a_letter_arrives_as_it_was_written() -> None:
    with letterbox() as box:
        MailSender(f"smtp://127.0.0.1:{box.port}", "hunt@example.org").send(LETTER)
    letter = message_from_bytes(box.letter.replace(b"\r\n..", b"\r\n."), policy=default)
    assert (letter["From"], letter["To"], letter["Bcc"]) == ("hunt@example.org", "a@example.org", None)
    assert letter["Subject"] == "Öwls Bcc: x@example.org"
    assert letter.get_content().split() == ["Grüße", ".", "end"]


def test_a_mail_host_in_another_script_is_written_in_ascii() -> None:
    with letterbox() as box:
        MailSender(f"smtp://127.0.0.1:{box.port}", "hunt@example.org").send({**LETTER, "to": ["owls@例え.example"]})
    assert b"To: owls@xn--r8jz45g.example" in box.letter


@pytest.mark.parametrize(
    ("codes", "kind", "is_final"),
    [
        ({"RCPT": "550 no such box"}, "recipients refused", True),
        ({"RCPT": "451 later"}, "recipients refused", False),
        ({"MAIL": "552 too large"}, "SMTP 552", True),
        ({"DATA": "421 busy"}, "SMTP 421", False),
    ],
)
def test_a_refusal_is_a_kind_and_a_number(codes: dict[str, str], kind: str, is_final: bool) -> None:
    with letterbox(**codes) as box, pytest.raises(NotDelivered) as no:
        MailSender(f"smtp://127.0.0.1:{box.port}", "hunt@example.org").send(LETTER)
    assert (no.value.kind, no.value.is_final) == (kind, is_final)


def test_a_password_is_in_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    with (
        letterbox(EHLO="250-box\r\n250 AUTH PLAIN", AUTH="535 wrong: hunter2") as box,
        pytest.raises(NotDelivered) as no,
    ):
        MailSender(f"smtp://me:hunter2@127.0.0.1:{box.port}", "").send(LETTER)
    assert (no.value.kind, no.value.is_final) == ("SMTP 535", False)
    assert "hunter2" not in caplog.text


def test_a_server_that_is_away_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotDelivered) as no:
        MailSender(f"smtp://127.0.0.1:{port}", "").send(LETTER)
    assert (no.value.kind, no.value.is_final) == ("ConnectionRefusedError", False)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"to": ["a\r\nb@example.org"], "subject": "x", "text": "y"},
        {"to": ["a@b;c"], "subject": "x", "text": "y"},
        {"to": ["a@b.example"], "subject": "x", "text": "half \ud83d"},
    ],
)
def test_what_is_no_mail_is_given_up(payload: dict[str, Any]) -> None:
    with pytest.raises(NotDelivered) as no:
        MailSender("smtp://127.0.0.1:1", "").send(payload)
    assert no.value.is_final
