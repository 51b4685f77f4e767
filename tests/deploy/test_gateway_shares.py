"""What the gateway refuses: foreign hosts, more than an address's share, old ciphers."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.deploy.gateway import Gateway, eventually, gateway, loopback_addresses
from tests.deploy.puppets import Puppet, puppets
from tests.support import processes
from tests.support.environment import ROOT

pytestmark = pytest.mark.servers
SHARE, CONNECTIONS = 3, 12
HERE, THERE, SCHOOL = "127.0.0.1", "127.0.0.2", "127.0.0.66"


@contextlib.contextmanager
def before_a_puppet(**more: str) -> Iterator[tuple[Gateway, Puppet]]:
    """A gateway with these settings, and the one node behind it."""
    port, agent_port = processes.free_port(), processes.free_port()
    with puppets([next(loopback_addresses())], port, agent_port) as (one,), gateway(port, agent_port, **more) as gate:
        gate.join(one.address)
        yield gate, one


@pytest.fixture(scope="module")
def narrow() -> Iterator[tuple[Gateway, Puppet]]:
    shares = {"SOCKETS_PER_ADDRESS": str(SHARE), "CONNECTIONS_PER_ADDRESS": str(CONNECTIONS)}
    with before_a_puppet(**shares, EXEMPT_ADDRESSES="192.0.2.0/24 127.0.0.64/26") as stage:
        yield stage


def status(gate: Gateway, path: str, source: str = HERE, host: str = "hunt.example") -> int:
    line = http.client.HTTPConnection(HERE, gate.port, timeout=60, source_address=(source, 0))
    with contextlib.closing(line):
        line.request("GET", path, headers={"Host": host})
        return line.getresponse().status


# --- hosts -----------------------------------------------------------------------------------------------------------


def test_a_gateway_that_knows_its_hosts_refuses_all_others() -> None:
    with before_a_puppet(SITE_HOSTS="hunt.example www.hunt.example") as (gate, one):
        for host in ("hunt.example", "HUNT.example", "hunt.example:8443", "www.hunt.example"):
            assert status(gate, "/", host=host) == 200, host
        one.asked = []
        for host in ("evil.example", "hunt.example.evil.example", "xhunt.example", HERE, ""):
            assert status(gate, "/", host=host) in (400, 421), host
        assert one.asked == [], "the node hears nothing of it"


def test_a_gateway_that_was_told_no_hosts_takes_any(narrow: tuple[Gateway, Puppet]) -> None:
    assert status(narrow[0], "/", host="whatever.example") == 200


# --- shares ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def held(gate: Gateway, one: Puppet, path: str, source: str, count: int) -> Iterator[list[int]]:
    """So many requests from one address that are under way at once, until the ``with`` ends; others are not held."""
    may_end, answers = threading.Event(), list[int]()
    one.held, one.asked = may_end, []
    with ThreadPoolExecutor(count) as pool:
        slow = [pool.submit(status, gate, path, source) for _ in range(count)]
        try:
            eventually(lambda: len(one.asked) == count, what="all to be under way")
            one.held = None
            yield answers
        finally:
            one.held = None
            may_end.set()
        answers += [each.result() for each in slow]


@pytest.mark.parametrize("path", ["/socket.io/?EIO=4&transport=websocket", "/%73ocket.io/", "//socket.io/"])
def test_more_sockets_than_an_addresss_share_are_refused_at_once(narrow: tuple[Gateway, Puppet], path: str) -> None:
    gate, one = narrow
    with held(gate, one, path, HERE, SHARE) as answers:
        refused = requests.get(gate.url + path, timeout=30)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
        assert len(one.asked) == SHARE, "the node hears nothing of it"
        assert status(gate, path, THERE) == 200, "another address has its own share"
        assert status(gate, "/game") == 200, "pages are no sockets"
    assert answers == [200] * SHARE
    assert status(gate, path) == 200, "what has ended counts no longer"


def test_an_exempt_address_has_no_share(narrow: tuple[Gateway, Puppet]) -> None:
    gate, one = narrow
    with held(gate, one, "/socket.io/", SCHOOL, 3 * SHARE):
        assert status(gate, "/socket.io/", SCHOOL) == 200


def in_a_namespace(module: str) -> str:
    """What a module prints that runs in a network of its own."""
    own = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody make a network namespace")
    command = [*own, sys.executable, "-m", module]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_addresses_of_one_ipv6_network_have_one_share_and_the_next_network_its_own() -> None:
    assert json.loads(in_a_namespace("tests.deploy.networks")) == {
        "the same network": [429, 429],
        "another network": [200, 200],
        "when they have ended": [200, 200],
        "an exempt network": [200, 200],
        "IPv4 through the same door": [429, 200, 200],
    }


def is_cut(line: socket.socket) -> bool:
    """Whether the gateway has closed the line without a word."""
    line.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        try:
            return line.recv(1) == b""
        except ConnectionResetError:
            return True
    return False


def test_connections_without_a_request_are_cut_beyond_the_share(narrow: tuple[Gateway, Puppet]) -> None:
    gate, _ = narrow
    with contextlib.ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection((HERE, gate.port), source_address=("127.0.0.9", 0)))
            for _ in range(CONNECTIONS + 5)
        ]
        # Which of them: the gateway has several threads, and they do not take turns.
        eventually(lambda: sum(map(is_cut, lines)) == 5, what="the rest to be cut")
        assert status(gate, "/") == 200, "other addresses find their place"


# --- ciphers ---------------------------------------------------------------------------------------------------------

OLD = ("ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA", "AES128-SHA", "AES256-SHA256",
       "AES128-GCM-SHA256", "AES256-GCM-SHA384", "DHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-CCM")  # fmt: skip
NEW = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305")


def agreed(port: int, *words: str) -> bool:
    """Whether openssl and the gateway agree on a cipher."""
    command = ["openssl", "s_client", "-connect", f"{HERE}:{port}", "-brief", *words]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False)
    return done.returncode == 0 and "CONNECTION ESTABLISHED" in done.stderr


def test_tls_is_authenticated_encryption_with_forward_secrecy_alone(tmp_path: Path) -> None:
    pem, tls_port = tmp_path / "site.pem", processes.free_port()
    words = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command = ["openssl", "req", *words, "-keyout", tmp_path / "key", "-out", pem]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    pem.write_text(pem.read_text() + (tmp_path / "key").read_text())
    tls = {"TLS_CERTIFICATES": str(pem), "BIND_TLS": f"{HERE}:{tls_port}"}
    with before_a_puppet(**tls, SITE_HOSTS="hunt.example") as (gate, _):
        assert status(gate, "/", host="evil.example") == 421, "and is not led on to where it asked for"
        assert status(gate, "/", host="hunt.example") == 308
        assert [name for name in NEW if not agreed(tls_port, "-tls1_2", "-cipher", name)] == []
        assert [name for name in OLD if agreed(tls_port, "-tls1_2", "-cipher", f"{name}:@SECLEVEL=0")] == []
        assert agreed(tls_port, "-tls1_3")
        assert not agreed(tls_port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        context = ssl._create_unverified_context()
        with socket.create_connection((HERE, tls_port)) as line, context.wrap_socket(line) as secure:
            assert secure.version() == "TLSv1.3"
