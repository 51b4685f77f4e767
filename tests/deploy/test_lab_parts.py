"""The parts of the lab by themselves: what is missing has a name, and nothing is left of a run that is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import lab
from deploy.lab.network import HUB, Hub, Network, inside
from tests.deploy.gateway import eventually
from tests.support.environment import ROOT

LACKING = lab.lacking()
needs_networks = pytest.mark.skipif(bool(LACKING), reason=f"this machine lacks: {', '.join(LACKING)}")
# Makes a hub with one cable, says who holds it, and waits for its end.
KILLED = """
from deploy.lab.network import Hub, Network
hub, other = Hub(), Network()
hub.plug_in(other, 1)
print(hub.holder, other.holder, flush=True)
input()
"""


def interfaces() -> str:
    """The interfaces and addresses of the network that the calling thread is in."""
    return subprocess.run(["ip", "-oneline", "address"], check=True, capture_output=True, text=True).stdout


def test_what_a_machine_lacks_for_a_lab_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lab, "search_path", lambda: str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert lab.lacking() == ["root", "systemd-nspawn", "mmdebstrap", "unshare", "nsenter", "ip", "apt-config"]


@needs_networks
def test_whoever_is_inside_is_there_and_nowhere_else_and_comes_home() -> None:
    before, hub, other = interfaces(), Hub(), Network()
    try:
        address = hub.plug_in(other, 1)
        with inside(hub):
            assert f"{HUB}/24" in interfaces()
        with inside(other):
            assert f"{address}/24" in interfaces()
            assert HUB not in interfaces().replace(address, "")
        assert interfaces() == before
    finally:
        hub.close()
        other.close()


@needs_networks
def test_a_run_that_is_killed_leaves_no_network() -> None:
    words = [sys.executable, "-c", KILLED]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        holders = [Path("/proc") / number for number in run.stdout.readline().split()]
        assert [holder.exists() for holder in holders] == [True, True]
        run.kill()
    eventually(lambda: not any(holder.exists() for holder in holders), what="the networks to end")
