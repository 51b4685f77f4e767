"""The real program as a child process: `python -m app.runtime` on a free port, as an operator would start it."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import requests

from tests.support import processes
from tests.support.environment import ROOT, environment


class Node:
    """One program on one port. It may be stopped, killed and started again; its log goes on."""

    def __init__(
        self, env: Mapping[str, str], folder: Path, arguments: Sequence[str] = (), module: str = "app.runtime"
    ) -> None:
        self.port = int(env.get("PORT") or processes.free_port())
        self.host = env.get("HOST", "127.0.0.1")
        self.url = f"http://{self.host}:{self.port}"
        self.log = folder / f"node-{self.host}-{self.port}.log"
        self._env = {**env, "PORT": str(self.port)}
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running child."""
        assert self._process is not None, "the node has not been started"
        return self._process

    def start(self, *, wait: bool = True) -> None:
        """Start the program, and wait for /readyz unless told not to."""
        self._process = processes.start(self._command, self.log, env=self._env, cwd=ROOT)
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self, seconds: float = 120) -> None:
        """Return as soon as /readyz answers 200."""
        processes.wait_until(self.is_ready, self.process, self.log, seconds)

    def is_ready(self) -> bool:
        """Whether /readyz answers 200 now."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def stop(self, seconds: float = 60) -> int:
        """Ask the node to end, as systemd does, and return its exit code; fails when that takes too long."""
        return processes.stop(self.process, seconds=seconds)

    def kill(self) -> None:
        """Cut the power."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def is_running(self) -> bool:
        """Whether the child lives."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """Everything it has printed and logged so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@contextlib.contextmanager
def node(
    database_url: str,
    more: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    module: str = "app.runtime",
) -> Iterator[Node]:
    """A running node for the length of a ``with``; ``module``: the program, or one that wraps it."""
    with nodes(1, database_url, more, arguments, module) as (one,):
        yield one


@contextlib.contextmanager
def nodes(
    count: int,
    database_url: str,
    more: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    module: str = "app.runtime",
) -> Iterator[list[Node]]:
    """Several nodes on one database; the first is ready before the others start, as on a real roll-out."""
    folder = Path(tempfile.mkdtemp(prefix="infinity-node-"))
    all_nodes = [Node(environment(database_url, more), folder, arguments, module) for _ in range(count)]
    try:
        for one in all_nodes:
            one.start()
        yield all_nodes
    finally:
        _stop_all([one for one in all_nodes if one.is_running()])
        shutil.rmtree(folder, ignore_errors=True)


def _stop_all(running: Sequence[Node]) -> None:
    for one in running:
        one.process.send_signal(signal.SIGTERM)
    for one in running:
        processes.wait_for_end(one.process, 60)
