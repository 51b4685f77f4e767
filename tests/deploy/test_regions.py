"""Regions before nodes that do as they are told: the own one first, then the nearest, and nobody notices the change."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.deploy.gateway import eventually, loopback_addresses
from tests.deploy.puppets import Puppet, puppets
from tests.deploy.three_regions import NAMES, NEAREST, Three, three_gateways
from tests.support import processes

pytestmark = pytest.mark.servers
HOME, NEAR, FAR = "new-york", "san-francisco", "singapore"
NODES = 2


class Stage:
    """Two puppets in each region."""

    def __init__(self, three: Three, nodes: dict[str, list[Puppet]]) -> None:
        self.three, self.nodes = three, nodes
        self.region_of = {one.address: name for name, ones in nodes.items() for one in ones}

    def url(self, name: str = HOME) -> str:
        return self.three.gates[name].url

    def who(self, name: str = HOME, count: int = 6) -> set[str]:
        """The regions that answer what was asked in this one."""
        return {self.region_of[requests.get(self.url(name), timeout=10).json()["node"]] for _ in range(count)}

    def set_ready(self, name: str, is_ready: bool) -> None:
        for one in self.nodes[name]:
            one.is_ready = is_ready

    def outcome(self, method: str) -> tuple[int, str]:
        """Code and region of one answer at home; code 0 where it broke off in the middle."""
        try:
            reply = requests.request(method, self.url(), headers={"Accept": "application/json"}, timeout=20)
        except requests.RequestException:
            return 0, ""
        return reply.status_code, self.region_of[reply.json()["node"]] if reply.status_code == 200 else ""

    def outcomes(self, method: str, happens: Callable[[], object]) -> list[tuple[int, str]]:
        """Code and region of every answer at home, all asked while something ``happens``, and a little longer."""
        is_over = threading.Event()

        def ask(_: int) -> list[tuple[int, str]]:
            heard = []
            while not is_over.is_set():
                heard.append(self.outcome(method))
                time.sleep(0.02)
            return heard

        with ThreadPoolExecutor() as pool:
            under_way = pool.map(ask, range(6))
            try:
                time.sleep(0.3)
                happens()
                time.sleep(2)
            finally:
                is_over.set()
            return [one for heard in under_way for one in heard]


@contextlib.contextmanager
def staged(**more: str) -> Iterator[Stage]:
    port, agent_port = processes.free_port(), processes.free_port()
    addresses = loopback_addresses()
    with contextlib.ExitStack() as stack:
        nodes = {
            name: stack.enter_context(puppets([next(addresses) for _ in range(NODES)], port, agent_port))
            for name in NAMES
        }
        three = stack.enter_context(three_gateways(lambda _: (port, agent_port), **more))
        for name, gate in three.gates.items():
            gate.join(*[one.address for one in nodes[name]])
        for gate in three.gates.values():
            eventually(lambda gate=gate: gate.nodes("regions").count(" UP") == 2, what="the other regions")
        yield Stage(three, nodes)


@pytest.fixture(scope="module")
def network() -> Iterator[Stage]:
    with staged() as one:
        yield one


@pytest.fixture
def stage(network: Stage) -> Iterator[Stage]:
    yield network
    for name in NAMES:
        network.set_ready(name, True)
        for one in network.nodes[name]:
            one.readiness = "{}"
        network.three.eventually_sends_to(name, name)
    for gate in network.three.gates.values():
        eventually(lambda gate=gate: gate.nodes("regions").count(" UP") == 2, what="the other regions")


# --- who is sent where -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_region_whose_nodes_are_ready_sends_nobody_elsewhere(stage: Stage, name: str) -> None:
    assert stage.who(name, 12) == {name}


@pytest.mark.parametrize("name", NAMES)
def test_a_region_without_ready_nodes_sends_all_to_the_nearest_and_takes_them_back(stage: Stage, name: str) -> None:
    stage.set_ready(name, False)
    stage.three.eventually_sends_to(name, NEAREST[name][0])
    assert stage.who(name) == {NEAREST[name][0]}
    assert stage.who(NEAREST[name][1]) == {NEAREST[name][1]}, "the others notice nothing"
    stage.set_ready(name, True)
    stage.three.eventually_sends_to(name, name)
    assert stage.who(name) == {name}


def test_where_the_nearest_has_nobody_either_the_next_serves(stage: Stage) -> None:
    stage.set_ready(HOME, False)
    stage.set_ready(NEAR, False)
    stage.three.eventually_sends_to(HOME, FAR)
    stage.three.eventually_sends_to(NEAR, FAR)
    assert stage.who(HOME) == stage.who(NEAR) == {FAR}
    stage.set_ready(NEAR, True)
    stage.three.eventually_sends_to(HOME, NEAR)
    assert stage.who(HOME) == {NEAR}, "the nearest, as soon as it can"


def test_where_no_region_has_anybody_people_get_the_page_that_says_so(stage: Stage) -> None:
    for name in NAMES:
        stage.set_ready(name, False)
    for name in NAMES:
        stage.three.eventually_sends_to(name, "")
    eventually(lambda: "Back in a moment" in requests.get(stage.url(), timeout=10).text, what="the page")
    page = requests.get(stage.url(), timeout=10)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "15")
    said = requests.get(stage.url(), headers={"Accept": "application/json"}, timeout=10)
    assert (said.status_code, said.json()["error"]["code"]) == (503, "busy")
    eventually(lambda: requests.get(f"{stage.url()}/region", timeout=10).status_code == 503, what="a bad report")


def test_what_comes_from_another_region_is_sent_on_once_and_no_more(stage: Stage) -> None:
    stage.set_ready(NEAR, False)
    stage.three.eventually_sends_to(NEAR, HOME)
    door = stage.three.gates[HOME].env["NEIGHBOUR_1"]
    eventually(lambda: knock(door, "/readyz") == 503, what="the door to say that it has nobody")
    assert knock(door, "/") == 200, "until whoever sends has noticed"
    assert knock(door, "/", "X-Sent-On: once") == 503
    assert knock(stage.three.gates[NEAR].env["NEIGHBOUR_1"], "/", "X-Sent-On: once") == 200, "where there is somebody"


def test_a_visitor_cannot_say_that_he_was_sent_on(stage: Stage) -> None:
    stage.set_ready(HOME, False)
    stage.three.eventually_sends_to(HOME, NEAR)
    reply = requests.get(stage.url(), headers={"X-Sent-On": "once"}, timeout=10)
    assert reply.status_code == 200
    assert "X-Sent-On" not in reply.json()["headers"]


def knock(door: str, path: str, *headers: str) -> int:
    """What the door of a region answers a gateway that asks for itself."""
    host, port = door.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"PROXY TCP4 127.0.0.9 127.0.0.1 4000 80\r\n")
        lines = (f"GET {path} HTTP/1.1", "Host: regions", "Connection: close", *headers, "", "")
        line.sendall("\r\n".join(lines).encode())
        reply = http.client.HTTPResponse(line)
        reply.begin()
        return reply.status


def test_the_name_server_learns_whether_a_region_is_served_and_visitors_which_one_it_is(stage: Stage) -> None:
    for name in NAMES:
        reply = requests.get(f"{stage.url(name)}/region", timeout=10)
        assert (reply.status_code, reply.text) == (200, name)
    stage.set_ready(HOME, False)
    stage.three.eventually_sends_to(HOME, NEAR)
    assert requests.get(f"{stage.url()}/region", timeout=10).status_code == 200, "it serves, by another's nodes"


# --- nothing is lost -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_region_that_goes_and_comes_back_costs_no_request(stage: Stage, method: str) -> None:
    def go_and_come() -> None:
        stage.set_ready(HOME, False)
        stage.three.eventually_sends_to(HOME, NEAR)
        time.sleep(0.5)
        stage.set_ready(HOME, True)
        stage.three.eventually_sends_to(HOME, HOME)

    heard = stage.outcomes(method, go_and_come)
    assert len(heard) > 30
    assert {code for code, _ in heard} == {200}
    assert {region for _, region in heard} == {HOME, NEAR}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_region_that_goes_while_it_serves_another_costs_no_request(stage: Stage, method: str) -> None:
    stage.set_ready(HOME, False)
    stage.three.eventually_sends_to(HOME, NEAR)
    known = stage.three.gates[NEAR].nodes
    eventually(lambda: known("regions").splitlines()[0].endswith("DOWN"), what="the news to be known there")

    def go() -> None:
        # As a node does that is told to stop: it is let go at once.
        for one in stage.nodes[NEAR]:
            one.is_ready, one.readiness = False, "told to stop"
        stage.three.eventually_sends_to(HOME, FAR)

    heard = stage.outcomes(method, go)
    assert {code for code, _ in heard} == {200}
    assert {region for _, region in heard} == {NEAR, FAR}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_region_whose_nodes_all_die_at_once_costs_what_they_had_in_hand_and_no_more(method: str) -> None:
    with staged() as stage:

        def die() -> None:
            for one in stage.nodes[HOME]:
                one.close()

        heard = stage.outcomes(method, die)
        # Whatever had reached a node may have counted there, and is not asked twice unless that does no harm.
        codes = [code for code, _ in heard if code != 200]
        assert codes == [] if method == "GET" else set(codes) <= {502}
        assert len(codes) <= 6
        assert {region for code, region in heard if code == 200} == {HOME, NEAR}
        assert stage.who() == {NEAR}


def test_a_gateway_that_dies_is_left_for_the_next_nearest_region() -> None:
    with staged() as stage:
        stage.set_ready(HOME, False)
        stage.three.eventually_sends_to(HOME, NEAR)
        heard = stage.outcomes("GET", stage.three.gates[NEAR].kill)
        lost = [code for code, _ in heard if code != 200]
        assert set(lost) <= {0}, "what it was in the middle of"
        assert len(lost) <= 6
        assert {region for code, region in heard if code == 200} == {NEAR, FAR}


# --- what neighbours say about visitors ------------------------------------------------------------------------------


def test_a_node_elsewhere_sees_the_visitor_and_not_the_gateway(stage: Stage) -> None:
    stage.set_ready(HOME, False)
    stage.three.eventually_sends_to(HOME, NEAR)
    line = http.client.HTTPConnection("127.0.0.1", stage.three.gates[HOME].port, source_address=("127.0.0.77", 0))
    with contextlib.closing(line):
        line.request("GET", "/game", headers={"X-Forwarded-For": "192.0.2.1", "Host": "hunt.example"})
        told = line.getresponse().read().decode()
    assert '"X-Forwarded-For": "127.0.0.77"' in told
    assert '"X-Forwarded-Host": "hunt.example"' in told
    assert '"X-Forwarded-Proto": "http"' in told


def test_the_door_is_shut_for_those_who_are_no_neighbours() -> None:
    with staged() as stage:
        door = stage.three.gates[HOME].env["NEIGHBOUR_1"]
        assert knock(door, "/readyz") == 200
    port, agent_port = processes.free_port(), processes.free_port()
    with (
        three_gateways(lambda _: (port, agent_port), REGION_SOURCES="192.0.2.0/24") as three,
        pytest.raises((http.client.HTTPException, ConnectionError)),
    ):
        knock(three.gates[HOME].env["NEIGHBOUR_1"], "/readyz")


def authority(folder: Path, name: str) -> Path:
    """A certificate for regions with its key in one file; it is its own authority."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    subprocess.run([*words, "-keyout", key, "-out", pem], check=True, capture_output=True, timeout=30)
    pem.write_text(pem.read_text() + key.read_text())
    return pem


def test_between_datacentres_the_door_opens_for_a_certificate_of_ours_alone(tmp_path: Path) -> None:
    ours, theirs = authority(tmp_path, "ours"), authority(tmp_path, "theirs")
    with staged(REGION_CERTIFICATE=str(ours), REGION_CA=str(ours)) as stage:
        stage.set_ready(HOME, False)
        stage.three.eventually_sends_to(HOME, NEAR)
        assert stage.who() == {NEAR}
        host, port = stage.three.gates[HOME].env["NEIGHBOUR_1"].rsplit(":", 1)
        for certificate, is_let_in in ((ours, True), (theirs, False), (None, False)):
            shown = ["--cert", str(certificate)] if certificate else []
            words = ["curl", "--silent", "--insecure", "--haproxy-protocol", *shown, f"https://{host}:{port}/readyz"]
            done = subprocess.run(words, capture_output=True, timeout=20, check=False)
            assert (done.returncode == 0) is is_let_in, certificate
