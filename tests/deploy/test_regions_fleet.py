"""Regions of real nodes on one database, while people play in one: it goes, so does the next, both return."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.fleet import Fleet
from tests.deploy.gateway import eventually
from tests.deploy.load import GUESSERS, Load, constant_load
from tests.deploy.pooler import pooler
from tests.deploy.three_regions import NAMES, Three, three_gateways
from tests.support import databases, processes
from tests.support.postgres import postgres_cluster
from tests.support.redis import redis_server
from tests.support.server import Node

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(400)]
HOME, NEAR, FAR = NAMES


class World:
    """A node in each region."""

    def __init__(self, three: Three, fleet: Fleet) -> None:
        self.three, self.fleet = three, fleet
        self.nodes: dict[str, Node] = {}

    def start(self, name: str) -> None:
        self.nodes[name].start(wait=False)
        self.nodes[name].wait_until_ready(120)
        self.three.eventually_sends_to(name, name)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="infinity-regions-fleet-"))
    port, agent_port = processes.free_port(), processes.free_port()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = stack.enter_context(postgres_cluster())
        databases.migrate(cluster.create("hunt"))
        redis = stack.enter_context(redis_server())
        pool = stack.enter_context(pooler(cluster, "hunt"))
        three = stack.enter_context(three_gateways(lambda _: (port, agent_port)))
        made = World(three, Fleet(cluster, redis, pool, three.gates[HOME], folder))
        stack.callback(made.fleet.end)
        for name, gate in three.gates.items():
            made.nodes[name] = made.fleet.new_node()
            made.fleet.nodes.append(made.nodes[name])
            made.nodes[name].start()
            gate.join(made.nodes[name].host)
        for gate in three.gates.values():
            eventually(lambda gate=gate: gate.nodes("regions").count(" UP") == 2, what="the other regions")
        yield made


@pytest.fixture(scope="module")
def load(world: World) -> Iterator[Load]:
    with constant_load(world.three.gates[HOME].url, "gauges") as one:
        one.goes_on()
        yield one


def test_regions_go_and_come_back_and_nobody_who_plays_notices(world: World, load: Load) -> None:
    began = time.monotonic()
    world.nodes[HOME].stop()
    world.three.eventually_sends_to(HOME, NEAR)
    load.goes_on()
    world.nodes[NEAR].stop()
    world.three.eventually_sends_to(HOME, FAR)
    load.goes_on()
    world.start(HOME)
    load.goes_on()
    world.start(NEAR)
    load.goes_on()
    print(load.told(began))
    assert load.lost(began) == [], load.told(began)
    assert max((gap for at, gap in load.gaps if at >= began), default=0.0) < 5, load.told(began)
    assert world.fleet.faults() == []


def test_a_region_that_is_cut_off_costs_what_it_had_in_hand(world: World, load: Load) -> None:
    began = time.monotonic()
    world.nodes[HOME].kill()
    world.three.eventually_sends_to(HOME, NEAR)
    load.goes_on()
    assert load.lost(began, "page") == [], load.told(began)
    assert len(load.lost(began, "guess")) <= GUESSERS, load.told(began)
    world.start(HOME)
    load.goes_on()


def test_sockets_that_fled_to_another_region_stay_until_it_goes_and_new_ones_are_at_home(
    world: World, load: Load
) -> None:
    began = time.monotonic()
    world.nodes[HOME].stop()
    load.goes_on()
    world.start(HOME)
    gaps = len(load.gaps)
    time.sleep(1)
    assert len(load.gaps) == gaps, "nobody is sent away because the own region is back"
    world.nodes[NEAR].stop()
    load.goes_on()
    world.start(NEAR)
    assert load.lost(began) == [], load.told(began)


def test_every_guess_that_was_acknowledged_is_there_once(world: World, load: Load) -> None:
    acknowledged = Counter(f"{number} {text}" for number, text in list(load.acknowledged))
    names = load.teams_named
    rows = world.fleet.cluster.run(
        f"SELECT t.name, g.text FROM guesses g JOIN teams t ON t.id = g.team_id WHERE t.name LIKE '{names} %'", "hunt"
    )
    stored = Counter(f"{str(name).split()[-1]} {text}" for name, text in rows)
    assert set(stored.values()) == {1}
    assert acknowledged - stored == Counter()
