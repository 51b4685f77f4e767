"""What cannot be sent, and what breaks off while it is sent: a fault in the log, in the figures and for the visitor."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, make_response

from app.middleware import request_log
from tests.support.accounts import in_play
from tests.support.client import JSON, PageClient


@pytest.fixture
def team(app: Flask, client: PageClient) -> PageClient:
    in_play(app)
    assert client.register("Owls").status_code == 303
    return client


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Status and route of every request in the log."""
    return [
        (vars(record)["status"], vars(record)["route"])
        for record in caplog.records
        if record.name == request_log.logger.name
    ]


def count(status: str) -> float:
    """How many faults the figures know."""
    return float(request_log.FAULTS._value.get()) if status == "faults" else 0.0


@pytest.mark.parametrize("name", ["X-Title", "Link", "ETag", "Content-Security-Policy", "Content-Disposition"])
@pytest.mark.parametrize("accept", [{}, JSON])
def test_a_header_that_cannot_be_sent_is_an_error_page_and_logged_as_one(
    app: Flask,
    team: PageClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    accept: dict[str, str],
) -> None:
    def view() -> Response:
        response = make_response("a page")
        response.headers[name] = "例え; sandbox"
        return response

    monkeypatch.setitem(app.view_functions, "story.told", view)
    before = count("faults")
    with caplog.at_level(logging.INFO):
        reply = team.get("/story", headers=accept)
    assert reply.status_code == 500
    assert "a page" not in reply.text
    assert all(value.isascii() for _, value in reply.headers)
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["X-Request-ID"] in caplog.text
    assert "sandbox" not in caplog.text
    assert lines(caplog) == [(500, "/story")]
    assert count("faults") == before + 1


def test_a_body_that_breaks_off_is_logged_as_a_fault(
    app: Flask, team: PageClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"the beginning"
        raise RuntimeError("a secret in the middle")

    monkeypatch.setitem(app.view_functions, "story.told", lambda: Response(pieces()))
    before = count("faults")
    with caplog.at_level(logging.INFO), pytest.raises(RuntimeError):
        team.get("/story", buffered=True)
    assert lines(caplog) == [(500, "/story")]
    assert count("faults") == before + 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_body_that_comes_to_its_end_is_logged_once_when_it_does(
    app: Flask, team: PageClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    closed: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            closed.append(True)

    monkeypatch.setitem(app.view_functions, "story.told", lambda: Response(pieces()))
    with caplog.at_level(logging.INFO):
        reply: Any = team.open("/story", method=method)
        assert lines(caplog) == []
        assert reply.get_data() == (b"onetwo" if method == "GET" else b"")
        reply.close()
    assert lines(caplog) == [(200, "/story")]
    assert closed == ([True] if method == "GET" else [])
