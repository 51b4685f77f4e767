"""The gateway of deploy/haproxy on loopback, its nodes on addresses of their own: 127.0.N.1, 127.0.N.2 ...

As behind a real gateway, all nodes have the same port and differ by address; Linux has all of 127.0.0.0/8 on loopback.
"""

from __future__ import annotations

import contextlib
import csv
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support import processes
from tests.support.environment import ROOT

HAPROXY = ROOT / "deploy" / "haproxy"


class Gateway:
    """A running HAProxy with the project's own configuration."""

    def __init__(self, folder: Path, node_port: int, agent_port: int, port: int = 0, **more: str) -> None:
        self.folder = folder
        self.port = port or processes.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "haproxy.log"
        self._socket = folder / "runtime.sock"
        self.env = {
            "PATH": processes.SYSTEM_PATH,
            "BIND": f"127.0.0.1:{self.port}",
            "NODE_PORT": str(node_port),
            "AGENT_PORT": str(agent_port),
            "PAGES": str(HAPROXY),
            "RUNTIME_SOCKET": str(self._socket),
            "STATE_FILE": str(folder / "nodes.state"),
            "MOST_CONNECTIONS": "2000",
            "LOG_TO": "stderr",
            **more,
        }

    def start(self) -> None:
        """Start it with its master, and wait until it listens."""
        command = ["haproxy", "-W", "-db", "-f", HAPROXY / "haproxy.cfg"]
        self.process = processes.start(command, self.log, env=self.env)
        processes.wait_until(lambda: processes.accepts(self.port), self.process, self.log)

    def reload(self) -> None:
        """What a changed configuration takes: a new worker gets the open doors, the old one finishes."""
        workers = self._said().count("forked")
        self.process.send_signal(signal.SIGUSR2)
        eventually(lambda: self._said().count("forked") > workers, what="a new worker")
        eventually(lambda: bool(self._ask("show info")), what="the new worker's answer")

    def kill(self) -> None:
        """Cut its power, also while visitors are connected."""
        if self.process.poll() is None:
            for worker in _children_of(self.process.pid):
                os.kill(worker, signal.SIGKILL)
            self.process.kill()
            self.process.wait()

    def nodes(self, *words: str, code: int = 0) -> str:
        """Run deploy/haproxy/nodes.sh."""
        done = subprocess.run(
            [HAPROXY / "nodes.sh", *words], env=self.env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return (done.stdout + done.stderr).strip()

    def join(self, *addresses: str) -> None:
        """Let nodes join, and wait until visitors are sent to all of them."""
        for address in addresses:
            self.nodes("join", address)
        for address in addresses:
            self.nodes("wait", address)

    def state(self, address: str, backend: str = "nodes") -> str:
        """What the gateway thinks of the node at this address; empty when it does not know it."""
        rows = [row for row in self.table(backend) if row["addr"].rsplit(":", 1)[0] == address]
        status = rows[0]["status"].split()[0] if rows else ""
        return "DRAIN" if status == "UP" and rows[0]["weight"] == "0" else status

    def table(self, backend: str = "nodes") -> list[dict[str, str]]:
        """Every place, as HAProxy's statistics have it; ``own`` is the backend with patience."""
        lines = self._ask(f"show stat {backend} 4 -1").lstrip("# ").splitlines()
        return [row for row in csv.DictReader(lines) if row["svname"]]

    def _ask(self, question: str) -> str:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self._socket))
            line.sendall(f"{question}\n".encode())
            return b"".join(iter(lambda: line.recv(65536), b"")).decode()
        return ""

    def _said(self) -> str:
        return self.log.read_text(errors="replace")


def _children_of(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(number) for number in listed.split()]


@contextlib.contextmanager
def gateway(node_port: int, agent_port: int, port: int = 0, **more: str) -> Iterator[Gateway]:
    """A gateway without nodes for the length of a ``with``; ``port`` 0: a free one."""
    folder = Path(tempfile.mkdtemp(prefix="infinity-gateway-"))
    one = Gateway(folder, node_port, agent_port, port, **more)
    try:
        one.start()
        yield one
    finally:
        one.kill()
        shutil.rmtree(folder, ignore_errors=True)


def loopback_addresses() -> Iterator[str]:
    """Addresses that no other test is likely to use at the same time."""
    network = f"127.{random.randint(1, 250)}.{random.randint(1, 250)}"
    return (f"{network}.{number}" for number in range(1, 255))


def eventually(is_so: object, seconds: float = 60, what: str = "it", pause: float = 0.02) -> float:
    """Return, as soon as ``is_so()``, how long that took; fail when it takes too long. Asks again after ``pause``."""
    started = time.monotonic()
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() - started < seconds, f"waited {seconds} s in vain for {what}"
        time.sleep(pause)
    return time.monotonic() - started
