"""The lab's network: a hub with a bridge, and namespaces that are plugged into it by cables that can be cut.

No interface, address, route or name of the machine's own network is touched: the namespaces have no names, are held by
a sleeping process each, and are gone with it.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator

from deploy.lab import enter_network, search_path
from deploy.lab.children import start

BRIDGE = "bridge0"
INSIDE = "eth0"
PREFIX = "10.77.0"
HUB = f"{PREFIX}.1"
NETWORK = f"{PREFIX}.0/24"


class Network:
    """One network namespace. ``path`` is how others name it."""

    def __init__(self) -> None:
        # It says when it is there: before that, its number still means the namespace that it was started in.
        words = ["unshare", "--net", "sh", "-c", "ip link set lo up && echo there && exec sleep infinity"]
        self._holder = start(words, stdout=subprocess.PIPE, env={"PATH": search_path()})
        assert self._holder.stdout is not None
        with self._holder.stdout as said:
            is_there = said.readline().strip() == b"there"
        if not is_there:
            self.close()
            raise OSError("a network namespace could not be made")
        self.path = f"/proc/{self._holder.pid}/ns/net"

    @property
    def holder(self) -> int:
        """The number of the process that keeps the namespace alive."""
        return self._holder.pid

    def ip(self, *words: str) -> None:
        """One command of ``ip`` inside."""
        command = ["nsenter", f"--net={self.path}", "ip", *words]
        subprocess.run(command, check=True, env={"PATH": search_path()})

    def close(self) -> None:
        """Let go of it; it ends with the last process inside."""
        self._holder.kill()
        self._holder.wait()


class Hub(Network):
    """The middle of the network: where the servers that all nodes share listen, at ``HUB``."""

    def __init__(self) -> None:
        super().__init__()
        self.ip("link", "add", BRIDGE, "type", "bridge")
        self.ip("address", "add", f"{HUB}/24", "dev", BRIDGE)
        self.ip("link", "set", BRIDGE, "up")

    def plug_in(self, network: Network, number: int) -> str:
        """A cable from the bridge to ``network``, whose end gets the address that this answers."""
        address = f"{PREFIX}.{10 + number}"
        here = f"cable{number}"
        self.ip("link", "add", here, "type", "veth", "peer", "name", INSIDE, "netns", str(network.holder))
        self.ip("link", "set", here, "master", BRIDGE, "up")
        network.ip("address", "add", f"{address}/24", "dev", INSIDE)
        network.ip("link", "set", INSIDE, "up")
        return address


@contextlib.contextmanager
def inside(network: Network) -> Iterator[None]:
    """The calling thread, and what it starts, is in ``network`` for the length of a ``with``."""
    before = f"/proc/self/task/{threading.get_native_id()}/ns/net"
    with open(before) as home:
        enter_network(network.path)
        try:
            yield
        finally:
            enter_network(f"/proc/self/fd/{home.fileno()}")
