"""Requests that never reached a node are taken to another; and nodes that are found by name, as in containers."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.deploy.gateway import Gateway, eventually, gateway, loopback_addresses
from tests.deploy.names import NameServer
from tests.deploy.puppets import Puppet, puppets
from tests.support import processes

pytestmark = pytest.mark.servers
NODES = 3


class Stage:
    """Puppets that a name leads to; ``known`` holds the addresses that it has now."""

    def __init__(self, nodes: list[Puppet]) -> None:
        self.nodes = nodes
        self.known = [one.address for one in nodes]
        self.names = NameServer(lambda: self.known)
        self.gate: Gateway

    def unsent(self) -> list[str]:
        """Requests that were given up before any node had heard of them, as the gateway's log tells them."""
        return [line for line in self.gate.log.read_text().splitlines() if re.search(r" \d+/-?\d+/-1/-1/\d+ ", line)]

    def up(self) -> set[str]:
        return {row["addr"].rsplit(":", 1)[0] for row in self.gate.table() if row["status"] == "UP"}

    def outcomes(
        self, method: str, happens: Callable[[], object], seconds: float = 4.0, *, is_kept: bool = False
    ) -> tuple[set[int], float]:
        """The codes of requests sent while something ``happens``, and how long the slowest took, in seconds."""
        until, slowest = time.monotonic() + seconds, [0.0]

        def ask(_: int) -> set[int]:
            codes = set()
            session = requests.Session()
            while time.monotonic() < until:
                began = time.monotonic()
                sender = session if is_kept else requests
                headers = {"Accept": "application/json"}
                codes.add(sender.request(method, self.gate.url, headers=headers, timeout=20).status_code)
                slowest.append(time.monotonic() - began)
                time.sleep(0.02)
            return codes

        with ThreadPoolExecutor() as pool:
            under_way = pool.map(ask, range(6))
            event = threading.Timer(0.3, happens)
            event.start()
            codes = set().union(*under_way)
        event.join()
        return codes, max(slowest)


@pytest.fixture
def stage() -> Iterator[Stage]:
    port, agent_port = processes.free_port(), processes.free_port()
    addresses = loopback_addresses()
    with puppets([next(addresses) for _ in range(NODES)], port, agent_port) as nodes:
        made = Stage(nodes)
        found = {"NODES_NAME": "web.test", "RESOLVER": f"127.0.0.1:{made.names.port}"}
        with gateway(port, agent_port, **found) as made.gate:
            eventually(lambda: made.up() == set(made.known), what="the nodes to be found by name")
            yield made


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_node_that_vanishes_without_a_word_costs_no_request(stage: Stage, method: str) -> None:
    gone = stage.nodes[0]
    codes, slowest = stage.outcomes(method, gone.fall_silent)
    # What had reached it already, and may have counted, is told to have failed, unless asking twice does no harm.
    assert codes == {200} if method == "GET" else codes <= {200, 502}
    assert stage.unsent() == []
    assert slowest < 10
    eventually(lambda: stage.up() == set(stage.known) - {gone.address})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_node_that_vanishes_together_with_its_address_costs_no_request(stage: Stage, method: str) -> None:
    gone = stage.nodes[0]

    def vanish() -> None:
        gone.fall_silent()
        time.sleep(0.3)
        stage.known = stage.known[1:]

    codes, _ = stage.outcomes(method, vanish)
    assert codes == {200} if method == "GET" else codes <= {200, 502}
    assert stage.unsent() == []
    eventually(lambda: stage.up() == set(stage.known))


def test_an_address_behind_which_nobody_listens_yet_costs_no_request(stage: Stage) -> None:
    *others, newcomer = stage.nodes
    stage.known = [one.address for one in others]
    eventually(lambda: stage.up() == set(stage.known))
    newcomer.fall_silent()

    def appear() -> None:
        stage.known = [*stage.known, newcomer.address]

    assert stage.outcomes("POST", appear)[0] == {200}


def test_a_node_found_by_name_is_waited_for_until_it_has_been_seen_ready(stage: Stage) -> None:
    *others, newcomer = stage.nodes
    stage.known = [one.address for one in others]
    eventually(lambda: stage.up() == set(stage.known))
    newcomer.is_ready = False
    stage.known = [*stage.known, newcomer.address]
    # Until its first check, HAProxy takes it for ready.
    eventually(lambda: stage.gate.state(newcomer.address), what="the address", pause=0)
    assert "no visitors are sent" in stage.gate.nodes("wait", newcomer.address, "1", code=1)
    newcomer.is_ready = True
    stage.gate.nodes("wait", newcomer.address)


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_reload_costs_no_request(stage: Stage, is_kept: bool) -> None:
    def reload() -> None:
        stage.gate.nodes("keep")
        stage.gate.reload()

    # A connection that is kept stays with the process that the reload replaces, for one more request.
    assert stage.outcomes("POST", reload, is_kept=is_kept)[0] == {200}


def test_the_list_names_nodes_and_no_empty_places(stage: Stage) -> None:
    listed = [line.split() for line in stage.gate.nodes("list").splitlines()]
    assert [line[1:] for line in listed] == [["UP"]] * NODES
    assert {line[0].rsplit(":", 1)[0] for line in listed} == set(stage.known)
