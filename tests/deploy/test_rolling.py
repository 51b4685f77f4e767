"""rolling.sh as it is, before an engine whose containers are real nodes, found by name as in the compose file."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.deploy.engine import Engine
from tests.deploy.fleet import Fleet, fleet
from tests.deploy.gateway import eventually
from tests.deploy.load import Load, constant_load
from tests.deploy.names import NameServer
from tests.support import processes
from tests.support.environment import ROOT
from tests.support.server import Node

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(400)]
NODES = 2


class Site:
    """A fleet without nodes of its own: they are the engine's."""

    def __init__(self, base: Fleet, engine: Engine) -> None:
        self.base, self.engine, self.gate = base, engine, base.gate

    def roll(self, **more: str) -> subprocess.CompletedProcess[str]:
        """Run rolling.sh."""
        env = {**os.environ, "PATH": f"{self.engine.path}:{processes.SYSTEM_PATH}", "SETTLE_SECONDS": "1", **more}
        script = ROOT / "deploy" / "compose" / "rolling.sh"
        return subprocess.run(["sh", script], env=env, capture_output=True, text=True, timeout=110, check=False)

    def up(self) -> set[str]:
        """The addresses that visitors are sent to."""
        return {row["addr"].rsplit(":", 1)[0] for row in self.gate.table() if row["status"] == "UP"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    engines: list[Engine] = []
    names = NameServer(lambda: engines[0].addresses() if engines else [])
    with fleet(0, NODES_NAME="web.test", RESOLVER=f"127.0.0.1:{names.port}") as base:
        engine = Engine(tmp_path_factory.mktemp("engine"), base.gate, base.new_node)
        engines.append(engine)
        try:
            for _ in range(NODES):
                engine.add()
            try:
                eventually(lambda: all(node.is_ready() for node in engine.containers.values()), 40, "the nodes")
            except AssertionError as problem:
                said = "\n---\n".join(node.said()[-1500:] for node in engine.containers.values())
                raise AssertionError(f"{problem}:\n{said}") from None
            one = Site(base, engine)
            eventually(lambda: one.up() == set(engine.addresses()), what="the gateway to find them by name")
            yield one
        finally:
            base.nodes = list(engine.containers.values())
            engine.close()


@pytest.fixture(scope="module")
def load(site: Site) -> Iterator[Load]:
    with constant_load(site.gate.url, "gauges") as one:
        one.goes_on()
        yield one


def test_all_nodes_are_exchanged_and_nobody_notices(site: Site, load: Load) -> None:
    before, began = dict(site.engine.containers), time.monotonic()
    done = site.roll()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"all {NODES} nodes are new" in done.stdout
    assert set(site.engine.containers) & set(before) == set()
    assert len(site.engine.containers) == NODES
    load.goes_on()
    assert load.lost(began) == [], load.told(began)
    gaps = [gap for at, gap in load.gaps if at >= began]
    assert gaps
    assert max(gaps) < 1, load.told(began)
    eventually(lambda: site.up() == set(site.engine.addresses()), what="no place to be left drained")


def test_a_gateway_that_could_not_work_with_its_files_stops_the_roll_before_anything_is_exchanged(
    site: Site, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, began = dict(site.engine.containers), time.monotonic()
    monkeypatch.setattr(site.engine, "gateway_check", (1, "cannot open the file 'site.pem'\n"))
    done = site.roll()
    assert done.returncode == 1
    assert "cannot open the file 'site.pem'" in done.stdout
    assert "nothing was changed" in done.stdout
    assert site.engine.containers == before
    assert load.lost(began) == []


def test_a_release_that_never_gets_ready_harms_nobody(site: Site, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    before, began = dict(site.engine.containers), time.monotonic()

    def broken() -> Node:
        node = site.base.new_node()
        node._env["SECRET_KEY"] = "too short"
        return node

    monkeypatch.setattr(site.engine, "_make_node", broken)
    done = site.roll(PATIENCE_SECONDS="20")
    assert done.returncode == 1
    assert "did not get ready" in done.stdout
    assert "SECRET_KEY" in done.stdout, "its last words are shown"
    assert site.engine.containers == before
    load.goes_on()
    assert load.lost(began) == []


def test_a_drain_is_taken_back_when_the_old_node_cannot_be_stopped(
    site: Site, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    obey = site.engine.obey
    monkeypatch.setattr(site.engine, "obey", lambda words: (1, "") if words[0] == "stop" else obey(words))
    done = site.roll()
    assert done.returncode == 1
    eventually(lambda: len(site.up()) == NODES + 1, what="old and new to serve together")
