"""A whole site on loopback: PostgreSQL, PgBouncer, Redis, nodes, the gateway; and an Airtable that is dead."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.deploy.gateway import Gateway, eventually, gateway, loopback_addresses
from tests.deploy.pooler import Pooler, pooler
from tests.journeys.people import Organiser
from tests.support import databases, processes
from tests.support.client import PASSWORD
from tests.support.environment import environment
from tests.support.postgres import Cluster, postgres_cluster
from tests.support.redis import Redis, redis_server
from tests.support.server import Node

BROADCAST_TOKEN, METRICS_TOKEN = "a token that nobody guesses", "figures, please"
POOL_SIZE = 5


class Fleet:
    """The parts, by name; ``nodes`` in the order of their addresses."""

    def __init__(self, cluster: Cluster, redis: Redis, pool: Pooler, gate: Gateway, folder: Path) -> None:
        self.cluster, self.redis, self.pooler, self.gate = cluster, redis, pool, gate
        self.direct_url = cluster.url("hunt")
        self.nodes: list[Node] = []
        self.organiser = Organiser(self.direct_url)
        self._folder = folder
        self._addresses = loopback_addresses()

    def new_node(self, **more: str) -> Node:
        """A node that has not been started, on an address of its own; ``more`` goes into its environment."""
        address = next(self._addresses)
        env = {
            "HOST": address,
            "PORT": self.gate.env["NODE_PORT"],
            "AGENT_PORT": self.gate.env["AGENT_PORT"],
            "DATABASE_DIRECT_URL": self.direct_url,
            "REDIS_URL": self.redis.url,
            "DB_POOL_SIZE": str(POOL_SIZE),
            "AIRTABLE_API_KEY": "a key to nowhere",
            "AIRTABLE_BASE_ID": "appDeadAllAlong",
            "AIRTABLE_ENDPOINT_URL": f"http://127.0.0.1:{processes.free_port()}",
            "TRUSTED_PROXIES": "1",
            "SITE_URL": "http://hunt.example",
            "BROADCAST_TOKEN": BROADCAST_TOKEN,
            "METRICS_TOKEN": METRICS_TOKEN,
            "ADMIN_NAME": "keeper",
            "ADMIN_PASSWORD": PASSWORD,
            **more,
        }
        return Node(environment(self.pooler.url, env), self._folder)

    def start(self, count: int) -> None:
        """Start so many nodes and let them join."""
        self.nodes = [self.new_node() for _ in range(count)]
        for one in self.nodes:
            one.start()
        self.gate.join(*[one.host for one in self.nodes])

    def eventually_is(self, node: Node, state: str, seconds: float = 60) -> float:
        """Wait until the gateway thinks so of this node; answers how long that took."""
        return eventually(lambda: self.gate.state(node.host) == state, seconds, f"{node.host} to be {state}")

    def connections(self) -> int:
        """How many connections to the hunt's database PostgreSQL has."""
        rows = self.cluster.run("SELECT count(*) FROM pg_stat_activity WHERE datname = 'hunt'")
        return int(str(rows[0][0]))

    def faults(self) -> list[str]:
        """What the nodes have logged about answers of 500 and the reasons for them."""
        lines = [line for node in self.nodes for line in node.said().splitlines()]
        return [line for line in lines if '"status": 500' in line or "Traceback" in line]

    def end(self) -> None:
        """Stop what runs."""
        self.organiser.leaves()
        for one in self.nodes:
            if one.is_running():
                one.process.terminate()
        for one in self.nodes:
            if one.is_running():
                processes.wait_for_end(one.process, 40)


@contextlib.contextmanager
def fleet(count: int, **gateway_settings: str) -> Iterator[Fleet]:
    """A fleet of so many nodes behind the gateway for the length of a ``with``."""
    folder = Path(tempfile.mkdtemp(prefix="infinity-fleet-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = stack.enter_context(postgres_cluster())
        databases.migrate(cluster.create("hunt"))
        redis = stack.enter_context(redis_server())
        pool = stack.enter_context(pooler(cluster, "hunt"))
        gate = stack.enter_context(gateway(processes.free_port(), processes.free_port(), **gateway_settings))
        one = Fleet(cluster, redis, pool, gate, folder)
        stack.callback(one.end)
        one.start(count)
        yield one
