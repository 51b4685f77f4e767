"""docs/deploy.md's guide to a Docker Swarm, followed on two engines that are two machines to each other.

Each engine is in a network namespace of its own on one bridge. The registry is played: what is pushed there is given to
the other engine. Slow, and only run where INFINITY_CONTAINERS says so.
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

from deploy.lab.network import Hub, Network, inside
from tests.deploy.containers import guide
from tests.deploy.containers.engine import GROUP, Engine, engine, lacking
from tests.deploy.containers.images import load_bases, official_names, pipe
from tests.deploy.containers.site import SETTINGS, Site
from tests.deploy.gateway import eventually
from tests.deploy.load import Load
from tests.deploy.tiers import CONTAINERS, container_tier, on_a_machine

WANTED = lacking() if os.environ.get(CONTAINERS) else []
pytestmark = on_a_machine(container_tier, "containers", 1500, WANTED)
START, RELEASE, LOOK, CHANGE = range(4)
BLOCKS = guide.blocks(guide.section("On a Docker Swarm"))
NODES = 3


class Swarm:
    """``site`` is the operator at the manager; ``worker`` is the other machine."""

    def __init__(self, site: Site, worker: Engine, addresses: list[str]) -> None:
        self.site, self.worker = site, worker
        self.manager = site.engine
        self.address, self.worker_address = addresses
        self.url = f"http://{self.address}"

    def type(self, block: str) -> str:
        """Type a block; what is pushed reaches the other machine."""
        other = self.worker.env["DOCKER_HOST"]
        push = f'command docker save "$2" | DOCKER_HOST={other} command docker load --quiet'
        shim = f'docker() {{ if [ "$1" = push ]; then {push}; else command docker "$@"; fi; }}'
        return self.site.type(f"export ADDRESS={self.address}\n{shim}\n{block}")

    def hand_over(self, *images: str) -> None:
        """Give the worker these images."""
        pipe(["docker", "save", *images], ["docker", "load"], self.manager.env, self.worker.env)

    def tasks(self, service: str = "web") -> list[tuple[str, str]]:
        """Machine and state of each task of a service that should run."""
        form = "{{.Node}} {{.CurrentState}}"
        said = self.manager.docker(
            "service", "ps", "--filter=desired-state=running", f"--format={form}", f"infinity_{service}"
        )
        return sorted((line.split()[0], line.split()[1]) for line in said.splitlines())

    def nodes(self) -> list[str]:
        """The states of the nodes that the gateway lists."""
        return [line.split()[1] for line in self.type(BLOCKS[LOOK].splitlines()[-1]).splitlines()]

    def settles(self, count: int, seconds: float = 240) -> None:
        """Wait until the gateway has so many nodes, each UP."""

        def is_so() -> bool:
            with contextlib.suppress(AssertionError):
                return self.nodes() == ["UP"] * count
            return False

        try:
            eventually(is_so, seconds, f"{count} nodes to be UP", 0.5)
        except AssertionError as problem:
            said = [
                self.manager.run("service", "ps", "--no-trunc", f"infinity_{name}").stdout
                for name in ("web", "gateway", "postgres", "pgbouncer")
            ]
            raise AssertionError(f"{problem}\n{''.join(said)}") from None

    def rolls(self, seconds: float = 600) -> str:
        """Wait until a roll of the nodes is over; answers how it ended."""
        form = "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}"
        state = lambda: self.manager.docker("service", "inspect", f"--format={form}", "infinity_web")  # noqa: E731
        eventually(lambda: state() not in ("updating", "rollback_started"), seconds, "the roll", 0.5)
        return state()


@pytest.fixture(scope="module")
def swarm() -> Iterator[Swarm]:
    """A swarm of two machines after the first release, seen from the bridge between them."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix=f"{GROUP}-{os.getpid()}-site-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        hub, networks = Hub(), [Network(), Network()]
        for network in (hub, *networks):
            stack.callback(network.close)
        addresses = [hub.plug_in(network, number) for number, network in enumerate(networks, 1)]
        manager = stack.enter_context(engine(networks[0], "manager"))
        worker = stack.enter_context(engine(networks[1], "worker"))
        load_bases(manager)
        stack.enter_context(inside(hub))
        made = Swarm(Site(manager, folder), worker, addresses)
        first_release(made)
        yield made


def first_release(made: Swarm) -> None:
    made.type(BLOCKS[START])
    token = made.manager.docker("swarm", "join-token", "--quiet", "worker")
    made.worker.docker(
        "swarm", "join", "--token", token, f"--advertise-addr={made.worker_address}", f"{made.address}:2377"
    )
    names = official_names()
    made.hand_over(names["redis"])
    quoted = {name: f'"{value}"' for name, value in SETTINGS.items()}
    made.site.set_in(
        made.site.clone / "deploy/swarm/.env", **{**quoted, "SITE_HOSTS": f'"hunt.example.org {made.address}"'}
    )
    made.type(BLOCKS[RELEASE])
    made.settles(NODES)


@pytest.fixture(scope="module")
def site_url(swarm: Swarm) -> str:
    return swarm.url


def assert_nothing_was_lost(load: Load, began: float) -> None:
    load.goes_on(seconds=60)
    assert load.lost(began) == [], load.told(began)


def test_nodes_are_on_both_machines_and_the_guide_shows_them(swarm: Swarm) -> None:
    assert {machine for machine, _ in swarm.tasks()} == {"manager", "worker"}
    assert "infinity_web" in swarm.type(BLOCKS[LOOK])
    assert len(BLOCKS) == 4


def test_a_machine_that_is_drained_gives_its_nodes_to_the_other(swarm: Swarm, load: Load) -> None:
    began = time.monotonic()
    swarm.type(BLOCKS[CHANGE])
    swarm.settles(4)
    assert {machine for machine, _ in swarm.tasks()} == {"manager"}
    assert_nothing_was_lost(load, began)
    swarm.type("docker node update --availability active worker")
    swarm.type("docker service scale infinity_web=2")
    swarm.settles(2)
    assert_nothing_was_lost(load, began)


def test_a_new_release_is_rolled_while_people_play(swarm: Swarm, load: Load) -> None:
    began = time.monotonic()
    swarm.site.set_in(swarm.site.clone / "deploy/swarm/.env", RELEASE="2", WEB_NODES="2")
    swarm.type(BLOCKS[RELEASE])
    assert swarm.rolls() == "completed"
    swarm.settles(2)
    assert_nothing_was_lost(load, began)


def test_a_release_that_does_not_work_is_taken_back(swarm: Swarm, load: Load) -> None:
    began = time.monotonic()
    name = "registry.example.org/infinity-web"
    swarm.type(f"docker build --quiet --tag {name}:3 - <<'END'\nFROM {name}:2\nCMD [\"false\"]\nEND")
    swarm.hand_over(f"{name}:3")
    swarm.type(f"docker service update --detach --no-resolve-image --image {name}:3 infinity_web")
    assert swarm.rolls() == "rollback_completed"
    swarm.settles(2)
    assert_nothing_was_lost(load, began)


def test_a_database_that_hangs_costs_no_node(swarm: Swarm, load: Load) -> None:
    before = swarm.manager.docker("service", "ps", "--quiet", "infinity_web")
    database = swarm.manager.docker("ps", "--quiet", "--filter=name=infinity_postgres")
    swarm.manager.docker("pause", database)
    try:
        eventually(lambda: set(swarm.nodes()) == {"DOWN"}, what="all nodes to be unready", pause=0.5)
        # As many checks as make a container unhealthy, and one more.
        time.sleep(7 * 5)
    finally:
        swarm.manager.docker("unpause", database)
    swarm.settles(2)
    assert swarm.manager.docker("service", "ps", "--quiet", "infinity_web") == before


def test_nothing_is_left_behind_in_git_or_as_a_nameless_volume(swarm: Swarm) -> None:
    assert swarm.site.git("status", "--porcelain") == ""
    assert swarm.manager.docker("volume", "ls", "--quiet").split() == ["infinity_database", "infinity_pictures"]
    assert swarm.worker.docker("volume", "ls", "--quiet").split() == ["infinity_pictures"]
