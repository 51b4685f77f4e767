"""The gateway alone, before nodes that do as they are told: who is sent where, what is tried again, what is shown."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.deploy.gateway import HAPROXY, Gateway, eventually, gateway, loopback_addresses
from tests.deploy.puppets import Puppet, puppets
from tests.support import processes
from tests.support.pages import check_page

pytestmark = pytest.mark.servers
STOPPING = '{"ready": false, "reasons": ["this process has been told to stop"]}'


class Stage:
    """Two puppets behind a gateway."""

    def __init__(self, gate: Gateway, one: Puppet, two: Puppet) -> None:
        self.gate, self.one, self.two = gate, one, two

    def get(self, path: str = "/", **more: Any) -> requests.Response:
        return requests.get(self.gate.url + path, timeout=10, **more)

    def who(self, count: int = 8) -> set[str]:
        """Who answers, of so many requests."""
        return {self.get().json()["node"] for _ in range(count)}

    def eventually_is(self, puppet: Puppet, state: str) -> float:
        return eventually(lambda: self.gate.state(puppet.address) == state, what=f"{puppet.address} to be {state}")


@contextlib.contextmanager
def under_way(stage: Stage) -> Iterator[list[Future[requests.Response]]]:
    """A guess at each node that is worked on until the ``with`` ends; what comes meanwhile is answered at once."""
    may_end = threading.Event()
    stage.one.held = stage.two.held = may_end
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(requests.post, stage.gate.url, timeout=60) for _ in range(2)]
        try:
            eventually(lambda: stage.one.asked and stage.two.asked)
            stage.one.held = stage.two.held = None
            yield slow
        finally:
            may_end.set()


@pytest.fixture(scope="module")
def network() -> Iterator[Stage]:
    port, agent_port = processes.free_port(), processes.free_port()
    addresses = loopback_addresses()
    with puppets([next(addresses), next(addresses)], port, agent_port) as (one, two), gateway(port, agent_port) as gate:
        gate.join(one.address, two.address)
        yield Stage(gate, one, two)


@pytest.fixture
def stage(network: Stage) -> Iterator[Stage]:
    """The same two, as they were at the beginning."""
    yield network
    for puppet in (network.one, network.two):
        puppet.is_ready, puppet.is_leaving, puppet.readiness = True, False, "{}"
        puppet.status, puppet.held, puppet.hangs_up, puppet.asked = 200, None, False, []
    for puppet in (network.one, network.two):
        network.eventually_is(puppet, "UP")


def test_both_nodes_are_sent_visitors(stage: Stage) -> None:
    assert stage.who() == {stage.one.address, stage.two.address}


def test_a_node_that_is_not_ready_gets_nobody_and_comes_back_by_itself(stage: Stage) -> None:
    stage.one.is_ready = False
    stage.eventually_is(stage.one, "DOWN")
    assert stage.who() == {stage.two.address}
    stage.one.is_ready = True
    stage.eventually_is(stage.one, "UP")
    assert stage.who() == {stage.one.address, stage.two.address}


def test_what_a_node_has_under_way_when_it_turns_unready_comes_to_its_end(stage: Stage) -> None:
    with under_way(stage) as slow:
        stage.one.is_ready = False
        stage.eventually_is(stage.one, "DOWN")
        assert stage.who() == {stage.two.address}
    assert [one.result().status_code for one in slow] == [200, 200]


def test_a_draining_node_gets_nobody_new_and_finishes_what_it_has(stage: Stage) -> None:
    with under_way(stage) as slow:
        stage.one.is_leaving = True
        stage.eventually_is(stage.one, "DRAIN")
        assert stage.who() == {stage.two.address}
    assert [one.result().status_code for one in slow] == [200, 200]


def test_a_node_that_was_told_to_stop_is_let_go_and_not_cut_off(stage: Stage) -> None:
    with under_way(stage) as slow:
        stage.one.is_ready, stage.one.readiness = False, STOPPING
        stage.eventually_is(stage.one, "NOLB")
        assert stage.who() == {stage.two.address}
    assert [one.result().status_code for one in slow] == [200, 200]


def test_a_page_is_asked_for_again_elsewhere_and_a_guess_is_not(stage: Stage) -> None:
    stage.one.hangs_up = True
    assert [stage.get().status_code for _ in range(6)] == [200] * 6
    assert len(stage.one.asked) >= 1
    stage.one.asked, stage.two.asked = [], []
    posted = [requests.post(stage.gate.url, timeout=10).status_code for _ in range(6)]
    assert sorted(set(posted)) == [200, 502]
    assert len(stage.one.asked) + len(stage.two.asked) == 6, "no guess arrived twice"


def test_a_page_that_one_node_is_too_busy_for_comes_from_another(stage: Stage) -> None:
    stage.one.status = 503
    assert [stage.get().status_code for _ in range(6)] == [200] * 6
    posted = [requests.post(stage.gate.url, timeout=10).status_code for _ in range(6)]
    assert sorted(set(posted)) == [200, 503], "what a node said to a guess is passed on"


@pytest.mark.parametrize(
    "path", ["/readyz", "/healthz", "/metrics", "//readyz", "/%72eadyz", "/metrics/", "/metrics?x=1", "/up"]
)
def test_what_is_for_balancers_is_closed_to_visitors(stage: Stage, path: str) -> None:
    reply = stage.get(path)
    assert reply.status_code == 404
    assert reply.text == "There is no such page."
    assert [path for puppet in (stage.one, stage.two) for path in puppet.asked] == []


def test_what_only_sounds_like_it_is_passed_on(stage: Stage) -> None:
    assert stage.get("/page/metrics").json()["path"] == "/page/metrics"
    assert stage.get("/readyzzz").json()["path"] == "/readyzzz"


def test_a_visitor_cannot_speak_for_the_gateway(stage: Stage) -> None:
    forged = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    headers = stage.get(headers={**forged, "Host": "hunt.example"}).json()["headers"]
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Forwarded-Host"] == "hunt.example"
    assert headers["X-Forwarded-For"] == "127.0.0.1"


def test_when_nobody_is_ready_people_get_a_page_and_scripts_get_json(stage: Stage) -> None:
    stage.one.is_ready = stage.two.is_ready = False
    stage.eventually_is(stage.one, "DOWN")
    stage.eventually_is(stage.two, "DOWN")
    # Those with patience look at another moment.
    eventually(lambda: stage.get().status_code == 503, what="all to know")
    page = stage.get()
    assert (page.status_code, page.headers["Retry-After"]) == (503, "15")
    assert "Back in a moment" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    said = stage.get(headers={"Accept": "application/json"})
    assert (said.status_code, said.headers["Retry-After"]) == (503, "15")
    assert said.json()["error"]["code"] == "busy"
    stage.one.is_ready = True
    stage.eventually_is(stage.one, "UP")
    assert stage.get().status_code == 200, "it ends by itself"


def test_the_page_for_when_nobody_is_ready_is_a_sound_page() -> None:
    protective = {
        "Content-Security-Policy": "default-src 'self'; script-src 'nonce-x'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Content-Type": "text/html; charset=utf-8",
    }
    page = (HAPROXY / "maintenance.html").read_text()
    assert "http" not in page.replace("<!doctype html>", "").replace("http-equiv", ""), (
        "it needs nothing from elsewhere"
    )
    # Its few lines of style stand in it: when nobody is ready, nobody serves a stylesheet.
    without_style = page[: page.index("<style>")] + page[page.index("</style>") + 8 :]
    check_page(without_style, protective, 503, "/")
    assert json.loads((HAPROXY / "maintenance.json").read_text())["error"].keys() == {"code", "message"}


def test_a_reload_under_way_loses_no_request(stage: Stage) -> None:
    lost, count, is_over = [], [0], threading.Event()

    def read() -> None:
        with requests.Session() as session:
            while not is_over.is_set():
                try:
                    status = session.get(stage.gate.url, timeout=10).status_code
                except requests.RequestException as problem:
                    lost.append(repr(problem))
                else:
                    count[0] += 1
                    lost.extend([str(status)] if status != 200 else [])
                time.sleep(0.005)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(3):
        before = count[0]
        stage.gate.reload()
        eventually(lambda before=before: count[0] > before + 40)
    is_over.set()
    for reader in readers:
        reader.join()
    assert lost == []
    assert stage.gate.state(stage.one.address) == stage.gate.state(stage.two.address) == "UP", "places outlive a reload"


def test_a_node_joins_and_leaves_while_visitors_come(stage: Stage) -> None:
    stage.gate.nodes("leave", stage.two.address)
    assert stage.who() == {stage.one.address}
    (listed,) = stage.gate.nodes("list").splitlines()
    assert listed.startswith(f"{stage.one.address}:{stage.gate.env['NODE_PORT']} UP")
    stage.gate.join(stage.two.address)
    assert stage.who() == {stage.one.address, stage.two.address}
    assert "has a place already" in stage.gate.nodes("join", stage.two.address, code=1)
    assert "no node at 127.9.9.9" in stage.gate.nodes("leave", "127.9.9.9", code=1)
    assert "join ADDRESS" in stage.gate.nodes("dance", code=2)


def test_a_node_that_joins_before_it_is_ready_gets_nobody_until_it_is(stage: Stage) -> None:
    # A place that nobody has had yet: there HAProxy knows nothing bad, and would hope for the best.
    with gateway(int(stage.gate.env["NODE_PORT"]), int(stage.gate.env["AGENT_PORT"])) as gate:
        stage.one.is_ready = False
        gate.join(stage.two.address)
        gate.nodes("join", stage.one.address)
        assert gate.state(stage.one.address) == "DOWN"
        assert {requests.get(gate.url, timeout=10).json()["node"] for _ in range(20)} == {stage.two.address}
        stage.one.is_ready = True
        gate.nodes("wait", stage.one.address)
        assert {requests.get(gate.url, timeout=10).json()["node"] for _ in range(8)} == {
            stage.one.address,
            stage.two.address,
        }


def test_what_an_operator_sets_by_hand_is_not_undone_by_the_node(stage: Stage) -> None:
    stage.gate.nodes("drain", stage.one.address)
    stage.one.is_ready = False
    time.sleep(1.6)  # three words of the agent, and as many checks as make a node dead
    assert stage.gate.state(stage.one.address) == "DRAIN"
    stage.gate.reload()
    assert stage.gate.state(stage.one.address) == "DRAIN"
    assert stage.who() == {stage.two.address}
    stage.one.is_ready = True
    stage.gate.nodes("back", stage.one.address)
    stage.eventually_is(stage.one, "UP")


def test_at_the_gateway_https_ends_and_http_leads_there(stage: Stage, tmp_path: Path) -> None:
    pem = tmp_path / "site.pem"
    words = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"]
    command = ["openssl", "req", *words, "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key", "-out", pem]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    pem.write_text(pem.read_text() + (tmp_path / "key").read_text())
    tls_port = processes.free_port()
    more = {"TLS_CERTIFICATES": str(pem), "BIND_TLS": f"127.0.0.1:{tls_port}"}
    node_port, agent_port = stage.gate.env["NODE_PORT"], stage.gate.env["AGENT_PORT"]
    with gateway(int(node_port), int(agent_port), **more) as gate:
        gate.join(stage.one.address)
        secure = requests.get(f"https://localhost:{tls_port}/game", timeout=10, verify=str(pem))
        assert secure.json()["headers"]["X-Forwarded-Proto"] == "https"
        plain = requests.get(f"{gate.url}/game", timeout=10, allow_redirects=False)
        assert (plain.status_code, plain.headers["Location"]) == (308, "https://127.0.0.1/game")
    with gateway(int(node_port), int(agent_port), HTTPS_PORT=str(tls_port), **more) as gate:
        plain = requests.get(f"{gate.url}/game?x=1", timeout=10, allow_redirects=False)
        assert plain.headers["Location"] == f"https://127.0.0.1:{tls_port}/game?x=1"


# --- short of time ---------------------------------------------------------------------------------------------------


def test_nodes_that_are_all_too_slow_for_the_check_go_on_being_used(stage: Stage) -> None:
    stage.one.readiness_seconds = stage.two.readiness_seconds = 3.0
    try:
        stage.eventually_is(stage.one, "DOWN")
        stage.eventually_is(stage.two, "DOWN")
        assert stage.who() == {stage.one.address, stage.two.address}
        assert requests.post(stage.gate.url, timeout=10).status_code == 200
        stage.one.is_ready = False
        eventually(lambda: stage.who() == {stage.two.address}, what="the one that says no to get nobody")
    finally:
        stage.one.readiness_seconds = stage.two.readiness_seconds = 0.0


def test_a_slow_node_gets_nobody_while_another_is_ready(stage: Stage) -> None:
    stage.one.readiness_seconds = 3.0
    try:
        stage.eventually_is(stage.one, "DOWN")
        assert stage.who(12) == {stage.two.address}
    finally:
        stage.one.readiness_seconds = 0.0


def test_a_node_that_leaves_is_forgotten_by_those_with_patience_too(stage: Stage) -> None:
    stage.gate.nodes("leave", stage.two.address)
    assert [row["addr"] for row in stage.gate.table("own") if stage.two.address in row["addr"]] == []
    stage.gate.join(stage.two.address)
    eventually(lambda: stage.gate.state(stage.two.address, "own") == "UP", what="it to be known again")
    assert "no other regions" in stage.gate.nodes("regions", code=1)
