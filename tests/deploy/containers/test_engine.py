"""The tests' own engine: what it needs has a name, and nothing is left of it, not even of a run that is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.lab import search_path
from tests.deploy.containers import engine
from tests.deploy.gateway import eventually
from tests.deploy.tiers import CONTAINERS, container_tier
from tests.support.environment import ROOT

WANTED = engine.lacking() if os.environ.get(CONTAINERS) else []
# Starts an engine, says where it lies, and waits for its end.
KILLED = """
from deploy.lab.network import Network
from tests.deploy.containers.engine import engine
with engine(Network()) as one:
    print(one.folder, flush=True)
    input()
"""


def test_what_a_machine_lacks_for_an_engine_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine, "search_path", lambda: str(tmp_path))
    monkeypatch.setattr(engine, "COMPOSE", tmp_path / "docker-compose")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert engine.lacking() == ["Linux, and root"]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "platform", "linux")
    lack = engine.lacking()
    assert set(engine.TOOLS) < set(lack)
    assert "requirements-dev.txt" in lack[-1]


@pytest.mark.slow
@container_tier
@pytest.mark.skipif(bool(WANTED), reason=f"this machine lacks: {', '.join(WANTED)}")
def test_an_engine_ends_with_whoever_started_it_and_touches_nothing_of_the_machines_network() -> None:
    before = network()
    words = [sys.executable, "-c", KILLED]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert folder.name.startswith(f"{engine.GROUP}-{process.pid}-")
        assert network() == before
        process.kill()
    eventually(lambda: not programs_of(folder), what="every program of the engine to end")
    engine.sweep()
    assert not folder.exists()
    assert not [*Path("/sys/fs/cgroup").rglob(f"{engine.GROUP}-{process.pid}-*")]
    assert network() == before


def network() -> str:
    """Interfaces, addresses, routes, chains and forwarding of the machine."""
    commands = (["ip", "address"], ["ip", "route"], ["iptables-save"], ["cat", "/proc/sys/net/ipv4/ip_forward"])
    env = {"PATH": search_path()}
    said = [subprocess.run(words, capture_output=True, text=True, env=env, check=True).stdout for words in commands]
    lines = "".join(said).splitlines()
    # Counters and the remaining life of addresses change by themselves.
    return "\n".join(line.split("[")[0] for line in lines if not line.startswith("#") and "valid_lft" not in line)


def programs_of(folder: Path) -> list[str]:
    """The command lines that name this folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(place.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [line for line in found if str(folder) in line]
