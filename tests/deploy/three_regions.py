"""Three regions on loopback: for each its own gateway and nodes, told about each other by deploy/regions.py."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy import regions
from tests.deploy.gateway import Gateway, eventually
from tests.support import processes

NAMES = ("new-york", "san-francisco", "singapore")
NEAREST = {
    "new-york": ["san-francisco", "singapore"],
    "san-francisco": ["new-york", "singapore"],
    "singapore": ["san-francisco", "new-york"],
}
EXAMPLE = Path(regions.__file__).with_name("regions.example.toml")


@dataclass
class Three:
    """The gateways by the name of their region, in the order of :data:`NAMES`."""

    gates: dict[str, Gateway]

    def sends_to(self, name: str) -> str:
        """The place that this region's gateway has visitors sent to now: itself, a neighbour's, or none."""
        rows = {row["svname"]: row["status"] for row in self.gates[name].table()}
        if any(status.startswith("UP") for place, status in rows.items() if place != "elsewhere"):
            return name
        states = [line.split()[1] for line in self.gates[name].nodes("regions").splitlines()]
        return next((near for near, state in zip(NEAREST[name], states, strict=True) if state == "UP"), "")

    def eventually_sends_to(self, name: str, other: str) -> float:
        return eventually(lambda: self.sends_to(name) == other, what=f"{name} to send visitors to {other}")


def told(doors: dict[str, int], folder: Path) -> dict[str, dict[str, str]]:
    """The environment of each gateway, made by deploy/regions.py from its example with these ports."""
    text = EXAMPLE.read_text()
    for number, (name, port) in enumerate(doors.items(), 1):
        assert f'"10.{number}.0.4:8081"' in text, name
        text = text.replace(f'"10.{number}.0.4:8081"', f'"127.0.0.1:{port}"')
    file = folder / "regions.toml"
    file.write_text(text)
    read = regions.read(file)
    made = {name: dict(line.split("=", 1) for line in regions.environment(read, name)) for name in doors}
    for name, port in doors.items():
        made[name] |= {"BIND_REGIONS": f"127.0.0.1:{port}", "REGIONS_SOCKET": str(folder / f"{name}.sock")}
    return made


@contextlib.contextmanager
def three_gateways(ports: Callable[[str], tuple[int, int]], **more: str) -> Iterator[Three]:
    """Three gateways without nodes; ``ports`` says which node and agent port a region's nodes have."""
    folder = Path(tempfile.mkdtemp(prefix="infinity-regions-"))
    environments = told({name: processes.free_port() for name in NAMES}, folder)
    gates: dict[str, Gateway] = {}
    try:
        for name, env in environments.items():
            (folder / name).mkdir()
            gates[name] = Gateway(folder / name, *ports(name), **{**env, **more})
            gates[name].start()
        yield Three(gates)
    finally:
        for gate in gates.values():
            gate.kill()
        shutil.rmtree(folder, ignore_errors=True)
