"""Posting to an address that a stranger has chosen: nowhere inside, no redirect, and never for long."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Collection

import pytest

from app.core.fetch_result import AddressRefused, ServerSilent
from app.prox.url_policy import Policy
from app.prox.webhook import Poster
from tests.prox.origin import Origin, says
from tests.prox.test_fetcher import HOSTILE
from tests.support.processes import free_port

INSIDE = (
    "http://chat.example/x",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://10.0.0.8/x",
    "https://192.168.1.1/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://0/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://chat.example:8080/x",
    "https://name:password@chat.example/x",
    "https://chat.example\\@127.0.0.1/x",
    "https://chat.example/\r\nX-Evil: 1",
    "https://chat.example/ HTTP/1.1",
    "file:///etc/passwd",
    "gopher://chat.example/x",
    "//chat.example/x",
    "javascript:alert(1)",
    "https://",
    "",
)


def poster(origin: Origin, seconds: float = 60.0) -> Poster:
    return Poster(Policy(None, (origin.host,)), seconds)


def anywhere(*found: str) -> Poster:
    """A poster for whom every name resolves to these addresses, and who must not connect to any of them."""
    return Poster(Policy(None), 1.0, resolve=lambda host, port: set(found))


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_leads_inside_is_refused_before_anything_is_asked(address: str) -> None:
    def asked(host: str, port: int) -> Collection[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(AddressRefused):
        Poster(Policy(None), 1.0, resolve=asked).post(address, b"{}")


@pytest.mark.parametrize(
    "found",
    [("127.0.0.1",), ("10.1.2.3",), ("::1",), ("fd00::1",), ("169.254.169.254",), ("93.184.215.14", "127.0.0.1"), ()],
)
def test_a_name_that_resolves_to_the_inside_is_not_connected_to(found: tuple[str, ...]) -> None:
    with pytest.raises(AddressRefused):
        anywhere(*found).post("https://chat.example/hook", b"{}")


def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_mind() -> None:
    answers = [{"127.0.0.1"}, {"93.184.215.14"}]
    asked: list[str] = []

    def resolve(host: str, port: int) -> Collection[str]:
        asked.append(host)
        return answers.pop(0)

    with pytest.raises(AddressRefused):
        Poster(Policy(None), 1.0, resolve=resolve).post("https://chat.example/hook", b"{}")
    assert asked == ["chat.example"]


def test_the_message_arrives_and_nothing_else_goes_along(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    origin.pages["/hook?a=b"] = says(b"", 204)
    body = json.dumps({"text": "Grüße"}).encode()
    assert poster(origin).post(origin.url("/hook?a=b"), body) == 204
    assert origin.bodies == [body]
    assert set(origin.headers[0]) == {"host", "user-agent", "accept", "content-type", "content-length", "connection"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(origin: Origin, status: int) -> None:
    origin.pages["/hook"] = says(b"", status, Location=origin.url("/inside"))
    assert poster(origin).post(origin.url("/hook"), b"{}") == status
    assert origin.asked == ["/hook"]


@pytest.mark.parametrize("what", [name for name in HOSTILE if "drip" in name or "endless" in name or "100" in name])
def test_a_hostile_server_is_let_go_in_time(origin: Origin, what: str) -> None:
    origin.pages["/hook"] = HOSTILE[what][0]
    began = time.monotonic()
    with contextlib.suppress(ServerSilent):
        assert poster(origin, 1.0).post(origin.url("/hook"), b"{}") == 200
    # Much more than it may take, and much less than the server would go on for: the machine may be busy.
    assert time.monotonic() - began < 30


def test_silence_and_closed_doors_are_silence(origin: Origin) -> None:
    origin.pages["/hook"] = HOSTILE["silence"][0]
    with pytest.raises(ServerSilent):
        poster(origin, 0.5).post(origin.url("/hook"), b"{}")
    host = f"127.0.0.1:{free_port()}"
    with pytest.raises(ServerSilent):
        Poster(Policy(None, (host,)), 1.0).post(f"http://{host}/hook", b"{}")
