"""A site of real nodes in the lab: PostgreSQL, Redis, the gateway, the package repository and a chat in the middle.

Whoever has a ``site`` is inside the hub's network: what the test bed starts on 127.0.0.1 is there and nowhere else.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import requests

from deploy.apt.repository import Repository
from deploy.lab.image import image
from deploy.lab.network import HUB, NETWORK, Hub, inside
from deploy.lab.node import Node
from tests.deploy import apt, builds
from tests.deploy.chat import Chat, chat_at
from tests.deploy.gateway import Gateway, gateway
from tests.deploy.gateway import eventually as eventually_at_once
from tests.support.environment import ROOT, SECRET_KEY
from tests.support.postgres import Cluster, postgres_cluster
from tests.support.redis import Redis, redis_server

PORT, AGENT_PORT = 8000, 8001
NODES = 3
AGENT = "infinity-agent.service"
TIMER = "infinity-agent.timer"
# Quick enough for a test, and still what happens on a real fleet: every node looks by itself, none knows of the others.
QUICK_TIMER = (
    "[Timer]\nOnUnitInactiveSec=\nOnActiveSec=1\nOnUnitInactiveSec=3\nRandomizedDelaySec=1\nAccuracySec=100ms\n"
)
READY_SECONDS = 20
ASSASSIN = Path(__file__).with_name("assassin.py")


def eventually(is_so: Callable[[], bool], seconds: float = 60, what: str = "it") -> float:
    """The same, asking in no hurry: every question is a process in each node, and they have work to do."""
    return eventually_at_once(is_so, seconds, what, pause=0.25)


class Site:
    """The parts, by name. ``nodes`` in the order of their addresses, from the moment that they are switched on."""

    packages: Path
    """Where builds lie."""
    serves = builds.FIRST
    """The version that the whole fleet has come to."""

    def __init__(self, hub: Hub, disk: Path, cluster: Cluster, redis: Redis, gate: Gateway, chat: Chat) -> None:
        self.hub, self.cluster, self.gate, self.chat = hub, cluster, gate, chat
        self.nodes: list[Node] = []
        self._disk, self._redis = disk, redis
        self._folder = gate.folder
        cluster.create("hunt")

    def has(self, repository: Repository, url: str) -> None:
        """Take packages from this repository."""
        self.repository, self._repository_url = repository, url

    def switch_on(self) -> Node:
        """One more node, without waiting for it; the gateway is told of it, as an operator would."""
        node = Node(self.hub, len(self.nodes) + 1, self._disk, self._folder)
        self.nodes.append(node)
        node.boot(self._user_data())
        self.gate.nodes("join", node.address)
        return node

    def boots(self, seconds: float = 120) -> float:
        """Switch one more node on; answers how long it took until it had visitors, in seconds of an idle machine."""
        share = crowding()
        node = self.switch_on()
        is_up = lambda: self.gate.state(node.address) == "UP"  # noqa: E731
        try:
            return eventually_at_once(is_up, seconds, f"{node.name} to have visitors") / share
        except AssertionError as problem:
            raise AssertionError(f"{problem}; {node.said()}") from None

    def _user_data(self) -> str:
        (self._folder / "settings").write_text(
            f"SECRET_KEY={SECRET_KEY}\nHOST=0.0.0.0\nPORT={PORT}\nAGENT_PORT={AGENT_PORT}\n"
            f"DATABASE_URL=postgresql://postgres@{HUB}:{self.cluster.port}/hunt\nREDIS_URL={self._redis.url}\n"
            "TRUSTED_PROXIES=1\nSITE_URL=http://hunt.example\nDRAIN_FILE=/run/infinity/drain\nPASSWORD_COST=4\nANSWER_COST=4\n"
        )
        (self._folder / "agent").write_text(
            f"READY_URL=http://127.0.0.1:{PORT}/readyz\nREADY_SECONDS={READY_SECONDS}\nDRAIN_SECONDS=2\n"
            f"SETTLE_SECONDS=1\nDRAIN_FILE=/run/infinity/drain\nWEBHOOK_URL={self.chat.url}\n"
        )
        words = ["--repository", self._repository_url, "--key", self.repository.key_file]
        words += ["--settings", self._folder / "settings", "--agent-settings", self._folder / "agent"]
        program = ROOT / "deploy" / "cloud-init" / "render.py"
        done = subprocess.run([sys.executable, program, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def publish(self, version: str, change: builds.Change | None = None) -> None:
        """Let production have this version; where there is none yet it is built, and differs by ``change``."""
        if version not in self.repository.releases():
            self.repository.stage(builds.other_build(self.packages, version, change))
        self.repository.promote(version)

    def version(self, node: Node) -> str:
        """The version that the node serves with; empty when it is not ready."""
        try:
            said = requests.get(f"http://{node.address}:{PORT}/readyz", timeout=2)
        except requests.RequestException:
            return ""
        return str(said.json()["version"]) if said.status_code == 200 else ""

    def versions(self) -> list[str]:
        """The same of every node."""
        return [self.version(node) for node in self.nodes]

    def is_settled(self, version: str) -> bool:
        """Whether every node serves this version, has visitors, and its agent is at rest."""
        are_up = all(self.gate.state(node.address) == "UP" for node in self.nodes)
        return are_up and set(self.versions()) == {version} and not any(map(self.is_updating, self.nodes))

    def settles(self, version: str, seconds: float = 150) -> None:
        """Wait until it is."""
        try:
            eventually(lambda: self.is_settled(version), seconds, f"all nodes to serve {version}")
        except AssertionError as problem:
            raise AssertionError(f"{problem}: {self.versions()}, {self.gate.nodes('list')}\n{self.told()}") from None
        self.serves = version

    def comes_to_rest(self) -> None:
        """Let whatever a test has left undone come to its end."""
        if not self.is_settled(self.serves):
            with self.timers():
                self.settles(self.serves)

    def is_updating(self, node: Node) -> bool:
        """Whether an upgrade is under way there, or left half done."""
        return node.run("test", "-e", "/var/lib/infinity-agent/upgrading.json").returncode == 0

    def look(self, *nodes: Node) -> None:
        """Let the agents of these nodes run once, now and at the same time, and wait for their ends."""
        for node in nodes:
            node.run("systemctl", "start", "--no-block", AGENT)
        eventually(lambda: not any(map(self.is_at_work, nodes)), 100, "agents to end")

    @contextlib.contextmanager
    def timers(self) -> Iterator[None]:
        """The agents run by themselves, as they do at home, for the length of a ``with``."""
        for node in self.nodes:
            node.answer("systemctl", "start", TIMER)
        try:
            yield
        finally:
            for node in self.nodes:
                node.answer("systemctl", "stop", TIMER)

    def take_timers_in_hand(self) -> None:
        """From now on agents run quickly when :meth:`timers` says so, and else not at all."""
        for node in self.nodes:
            node.write("/etc/systemd/system/infinity-agent.timer.d/quick.conf", QUICK_TIMER)
            node.answer("systemctl", "daemon-reload")
            node.answer("systemctl", "stop", TIMER)
        eventually(lambda: not any(map(self.is_at_work, self.nodes)), what="agents to end")

    def is_at_work(self, node: Node) -> bool:
        """Whether the agent of this node runs at this moment."""
        return node.run("systemctl", "is-active", AGENT).stdout.strip() in ("activating", "deactivating")

    def is_refused_everywhere(self, version: str) -> bool:
        """Whether every agent has said that it will not touch this version."""
        said = [node.run("journalctl", "--unit", AGENT, "--output=cat", "--lines=200").stdout for node in self.nodes]
        return all(f"{version} has failed on a node before and is refused" in text for text in said)

    def refuses(self, version: str, seconds: float = 120) -> None:
        """Wait until the whole fleet refuses this version, and serves."""
        is_so = lambda: self.is_refused_everywhere(version) and not any(map(self.is_updating, self.nodes))  # noqa: E731
        try:
            eventually(is_so, seconds, f"all nodes to refuse {version}")
        except AssertionError as problem:
            raise AssertionError(f"{problem}: {self.told()}") from None

    def refused(self) -> dict[str, str]:
        """Version to node: what the fleet has written down; nothing where no agent has looked yet."""
        if "deploy_refusals" not in self.tables():
            return {}
        return {str(row[0]): str(row[1]) for row in self.ask("SELECT version, node FROM deploy_refusals")}

    def tables(self) -> list[str]:
        """What there is in the hunt's database: its tables, and how far it has been migrated."""
        named = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        return sorted(str(row[0]) for row in self.ask(f"{named} UNION SELECT version_num FROM alembic_version"))

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """One question to the hunt's database."""
        connection = psycopg2.connect(self.cluster.url("hunt"))
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def recovers(self, node: Node, version: str) -> None:
        """Let the node's agent run, as its timer would, until the node serves this version; three runs must do."""
        for _ in range(3):
            self.look(node)
            if not self.is_updating(node) and self.version(node) == version:
                eventually(lambda: self.gate.state(node.address) == "UP", what=f"{node.name} to have visitors")
                return
        raise AssertionError(f"{node.name} does not recover: {self.version(node)!r}\n{self.told()}")

    def look_and_die(self, node: Node, pattern: str, *more: str) -> bool:
        """Let the node's agent run, and kill it when ``pattern`` appears there; see assassin.py.

        False if it was not seen: then the agent has done all its work.
        """
        with node.begin("python3", "-", pattern, *more, script=ASSASSIN) as assassin:
            assert assassin.stdout is not None
            assert assassin.stdout.readline() == "watching\n"
            self.look(node)
            try:
                return assassin.wait(5) == 0
            except subprocess.TimeoutExpired:
                assassin.kill()
                return False

    def told(self) -> str:
        """What agents told, and what their last runs said, for the message of a failure."""
        said = [node.run("journalctl", "--no-pager", "-n8", "-u", AGENT, "-o", "cat").stdout for node in self.nodes]
        return "\n".join([*self.chat.heard, *said])

    def end(self) -> None:
        """Switch everything off."""
        for node in self.nodes:
            node.end()


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """A site whose repository has version 1.0, and that has no nodes yet. Only one on this machine at a time."""
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context((Path(tempfile.gettempdir()) / "infinity-lab.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        # What is fetched from elsewhere, before this thread is where nobody can be reached.
        folder = Path(tempfile.mkdtemp(prefix="infinity-lab-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        disk, files = image(), builds.first_build(folder)
        hub = Hub()
        stack.callback(hub.close)
        stack.enter_context(inside(hub))
        made = _furnished(stack, hub, disk)
        made.packages = folder
        made.repository.stage(files)
        made.repository.promote()
        yield made


def _furnished(stack: contextlib.ExitStack, hub: Hub, disk: Path) -> Site:
    cluster = stack.enter_context(postgres_cluster(NETWORK))
    redis = stack.enter_context(redis_server(HUB))
    gate = stack.enter_context(gateway(PORT, AGENT_PORT))
    chat = stack.enter_context(chat_at(HUB))
    made = Site(hub, disk, cluster, redis, gate, chat)
    repository = stack.enter_context(apt.repository())
    made.has(repository, stack.enter_context(apt.web(repository.home / "public", HUB)))
    stack.callback(made.end)
    return made


def crowding() -> float:
    """How many times longer than on an idle machine work takes at this moment, because others work here too."""
    busy = (
        "import time\nbegan = time.monotonic()\nwhile time.process_time() < 0.4: pass\nprint(time.monotonic() - began)"
    )
    words = [sys.executable, "-S", "-c", busy]
    burning = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(os.cpu_count() or 1)]
    return max(1.0, *(float(one.communicate()[0]) / 0.4 for one in burning))
