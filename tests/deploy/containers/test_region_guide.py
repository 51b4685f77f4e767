"""docs/deploy.md's guide to several regions, followed on two engines that are two places to each other.

Each has its gateway, nodes and Redis; the database is one, reached by TLS. Slow, and only run where INFINITY_CONTAINERS
says so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.lab.network import Hub, Network, inside
from tests.deploy.containers import guide
from tests.deploy.containers.elsewhere import Elsewhere
from tests.deploy.containers.engine import GROUP, engine, lacking
from tests.deploy.containers.images import load_bases
from tests.deploy.containers.site import SETTINGS, Site
from tests.deploy.gateway import eventually
from tests.deploy.load import Load
from tests.deploy.tiers import CONTAINERS, container_tier, on_a_machine
from tests.support.certificates import authority

WANTED = lacking() if os.environ.get(CONTAINERS) else []
pytestmark = on_a_machine(container_tier, "containers", 1500, WANTED)
(BLOCK,) = guide.blocks(guide.section("Several regions"))
START, UP = guide.blocks(guide.section("Three nodes in containers"))[:2]
(STATEMENTS,) = guide.blocks(guide.section("What the server needs", "managed-postgresql.md"), "sql")
FILES = "compose.yaml:compose.managed.yaml:compose.regions.yaml"
HOME, FAR = "new-york", "singapore"
NODES, PASSWORD = 2, "letters4and2digits"
PLACES = {HOME: (40.7, -74.0), FAR: (1.35, 103.8)}


class Region:
    """``site`` is its operator at ``address``."""

    def __init__(self, name: str, site: Site, address: str) -> None:
        self.name, self.site, self.address = name, site, address
        self.url = f"http://{address}"

    def set_up(self, regions_file: str, **more: str) -> None:
        """What the guide says, for this region, until its services run."""
        copy, ask = BLOCK.splitlines()
        self.site.type(copy)
        (self.site.clone / "regions.toml").write_text(regions_file)
        told = self.site.type(ask.replace(HOME, self.name))
        self.site.type(START)
        (self.site.compose / "regions.env").write_text(told)
        self.site.set(**{**SETTINGS, "SITE_HOSTS": f"hunt.example.org {self.address}"})
        self.site.set(COMPOSE_FILE=FILES, DOOR_ADDRESS=self.address, WEB_NODES=str(NODES), **more)
        self.site.type(UP.splitlines()[0])
        self.site.settles(NODES)

    def neighbours(self) -> list[str]:
        """The other regions as this gateway lists them."""
        asked = ("exec", "-T", "gateway", "sh", "/usr/local/etc/haproxy/nodes.sh", "regions")
        return self.site.ask(*asked).splitlines()

    def has_nobody(self) -> bool:
        """Whether none of its nodes is ready; a name that has lost all its addresses keeps them for half a minute."""
        return not [line for line in self.site.nodes() if line.split()[1] == "UP"]

    def answers(self) -> str:
        """The name of the region that answers the name server here; empty: nobody is served."""
        reply = requests.get(f"{self.url}/region", timeout=10)
        return reply.text if reply.status_code == 200 else ""


def regions_file(addresses: dict[str, str]) -> str:
    """A file like the example, with these two regions."""
    parts = [
        f'[regions.{name}]\ndoor = "{address}:8081"\naddress = "{address}"\n'
        f"latitude = {PLACES[name][0]}\nlongitude = {PLACES[name][1]}\n"
        for name, address in addresses.items()
    ]
    return "\n".join(parts)


@pytest.fixture(scope="module")
def regions() -> Iterator[dict[str, Region]]:
    """Both, served, as seen from the bridge between them."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix=f"{GROUP}-{os.getpid()}-site-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        hub, networks = Hub(), [Network(), Network()]
        for network in (hub, *networks):
            stack.callback(network.close)
        engines = [stack.enter_context(engine(network, name)) for network, name in zip(networks, PLACES, strict=True)]
        addresses = [hub.plug_in(network, number) for number, network in enumerate(networks, 1)]
        for one in engines:
            load_bases(one)
        stack.enter_context(inside(hub))
        (folder / "provider").mkdir()
        ours = authority(folder / "provider", "ours")
        ours.sign(folder / "provider" / "tls", [addresses[0]])
        server = Elsewhere(engines[0], folder / "provider" / "tls", "--publish=5432:5432")
        server.start()
        server.prepare(STATEMENTS, PASSWORD)
        made = {}
        for name, one, address in zip(PLACES, engines, addresses, strict=True):
            site = Site(one, folder / name)
            (site.compose / "authorities").mkdir()
            shutil.copy(ours.file, site.compose / "authorities" / "own.pem")
            made[name] = Region(name, site, address)
        for region in made.values():
            region.set_up(
                regions_file(dict(zip(PLACES, addresses, strict=True))),
                DATABASE_HOST=addresses[0],
                DATABASE_PASSWORD=PASSWORD,
                DATABASE_AUTHORITY="/authorities/own.pem",
            )
        for region in made.values():
            eventually(
                lambda region=region: [line.split()[-1] for line in region.neighbours()] == ["UP"], 180, "the other"
            )
        yield made


@pytest.fixture(scope="module")
def site_url(regions: dict[str, Region]) -> str:
    return regions[HOME].url


def test_each_region_answers_for_itself(regions: dict[str, Region]) -> None:
    for name, region in regions.items():
        assert region.answers() == name
        assert requests.get(region.url, timeout=10).status_code == 200


def test_a_region_whose_nodes_are_stopped_is_served_by_the_other_and_takes_its_visitors_back(
    regions: dict[str, Region], load: Load
) -> None:
    home, began = regions[HOME], time.monotonic()
    home.site.type("docker compose stop web")
    eventually(home.has_nobody, 120, "its nodes to be gone")
    load.goes_on()
    assert home.answers() == HOME, "it serves, by the other's nodes"
    assert seen_by(regions[FAR])
    home.site.type("docker compose start web")
    home.site.settles(NODES)
    load.goes_on()
    assert load.lost(began) == [], load.told(began)


def seen_by(region: Region) -> bool:
    """Whether the nodes of a region have answered guesses, which the other one's visitors make."""
    return "POST /game/puzzle/<puzzle>" in region.site.ask("logs", "web")


def test_a_region_whose_nodes_are_killed_costs_what_they_had_in_hand(regions: dict[str, Region], load: Load) -> None:
    home, began = regions[HOME], time.monotonic()
    home.site.type("docker compose kill web")
    eventually(home.has_nobody, 120, "its nodes to be gone")
    load.goes_on()
    home.site.type("docker compose start web")
    home.site.settles(NODES)
    load.goes_on()
    assert load.lost(began, "page") == [], load.told(began)
    assert len(load.lost(began, "guess")) <= 2, load.told(began)


def test_a_gateway_takes_changed_neighbours_after_it_has_tried_them(regions: dict[str, Region], load: Load) -> None:
    far = regions[FAR].site
    began = time.monotonic()
    file = far.compose / "regions.env"
    right = file.read_text()
    file.write_text(right.replace(":8081", ":eighty", 2))
    assert "nothing was changed" in far.type("! ./gateway.sh")
    file.write_text(right)
    far.type("./gateway.sh")
    load.goes_on()
    assert load.lost(began) == [], load.told(began)


def test_nothing_of_the_operators_shows_up_in_git(regions: dict[str, Region]) -> None:
    for region in regions.values():
        assert region.site.git("status", "--porcelain") == ""
