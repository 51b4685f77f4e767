"""What the deployer takes for Slack's word: signed, of now, once, and whole; everything else is refused."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.deployer.service import BUTTON, COMMAND, LONGEST_BODY
from deploy.deployer.signature import sign
from tests.deploy.slack import SECRET, Slack, command


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[Slack]:
    made = Slack(tmp_path / "state")
    yield made
    made.close()


def test_the_signature_is_the_one_of_slacks_own_example() -> None:
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body.encode()) == signature


@pytest.mark.parametrize("age", [0, 299, -299])
def test_a_request_of_now_is_slacks(slack: Slack, age: float) -> None:
    assert slack.signed(COMMAND, command(slack, "help"), age=age)[0] == 200


@pytest.mark.parametrize("age", [302, -302, 10**6])
def test_a_request_of_another_time_is_refused_though_signed(slack: Slack, age: float) -> None:
    assert slack.signed(COMMAND, command(slack, "production"), age=age) == (401, None)
    assert slack.is_quiet()


def test_a_request_with_another_secret_or_other_bytes_is_refused(slack: Slack) -> None:
    body, stamp = command(slack, "production"), str(int(slack.moment))
    right = sign(SECRET, stamp, body)
    assert slack.signed(COMMAND, body, secret="x" * 32)[0] == 401
    for signature in ("", "v0=", right[:-1], right.upper(), right.replace("v0", "v1"), "v0=" + "é" * 64):
        assert slack.send(COMMAND, body, X_Slack_Request_Timestamp=stamp, X_Slack_Signature=signature)[0] == 401
    assert slack.send(COMMAND, body + b"&x=1", X_Slack_Request_Timestamp=stamp, X_Slack_Signature=right)[0] == 401
    later = str(int(slack.moment) + 1)
    assert slack.send(COMMAND, body, X_Slack_Request_Timestamp=later, X_Slack_Signature=right)[0] == 401
    assert slack.send(COMMAND, body)[0] == 401


def test_a_request_is_taken_once_even_after_a_restart(tmp_path: Path) -> None:
    first = Slack(tmp_path / "state")
    body = command(first, "status")
    assert first.signed(COMMAND, body)[0] == 200
    assert first.heard()["text"].startswith("Staging: ")
    assert first.signed(COMMAND, body)[0] == 401
    first.close()
    second = Slack(tmp_path / "state")
    second.moment = first.moment
    assert second.signed(COMMAND, body)[0] == 401
    assert second.is_quiet()
    assert [line["event"] for line in second.audit()] == ["replayed", "replayed"]
    second.close()


def test_of_two_copies_that_arrive_at_once_one_counts(slack: Slack) -> None:
    body, codes = command(slack, "status"), []
    threads = [threading.Thread(target=lambda: codes.append(slack.signed(COMMAND, body)[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [401] * 7


@pytest.mark.parametrize(
    "body", [b"", b"\xff=\xff", b"payload=%5B%5D", b"payload=x", b"payload={}", b"&" * 99, b"text=x"]
)
def test_nonsense_that_is_signed_is_refused(slack: Slack, body: bytes) -> None:
    for path in (COMMAND, BUTTON):
        slack.moment += 1
        assert slack.signed(path, body) == (400, None)


def test_other_addresses_and_bodies_without_an_end_are_refused_unread(slack: Slack) -> None:
    assert slack.signed("/slack/other", b"")[0] == 404
    for head, code in (
        (f"Content-Length: {LONGEST_BODY + 1}", 413),
        ("Transfer-Encoding: chunked", 411),
        ("Content-Length: -1", 411),
    ):
        with socket.create_connection(("127.0.0.1", slack.service.server_port), timeout=10) as connection:
            connection.sendall(f"POST {COMMAND} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
            assert f" {code} ".encode() in connection.recv(100)
