"""A real Redis of our own on a free port, keeping nothing on disk."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import processes


@dataclass
class Redis:
    """A Redis server that can be taken away and brought back on the same port."""

    port: int
    folder: Path
    address: str = "127.0.0.1"
    _process: object = None

    @property
    def url(self) -> str:
        """What an operator would write into REDIS_URL."""
        return f"redis://{self.address}:{self.port}/0"

    def start(self) -> None:
        """Start, and wait until it listens."""
        listen = ["--port", str(self.port), "--bind", *{"127.0.0.1", self.address}, "--protected-mode", "no"]
        command = ["redis-server", *listen, "--save", "", "--dir", self.folder, "--appendonly", "no"]
        log = self.folder / "redis.log"
        process = processes.start(command, log, env={"PATH": processes.SYSTEM_PATH})
        processes.wait_until(lambda: processes.accepts(self.port), process, log)
        self._process = process

    def stop(self) -> None:
        """Stop, if it runs."""
        process, self._process = self._process, None
        if process is not None:
            processes.stop(process)  # type: ignore[arg-type]

    def kill(self) -> None:
        """Cut the power."""
        process, self._process = self._process, None
        process.kill()  # type: ignore[union-attr, attr-defined]
        process.wait()  # type: ignore[union-attr, attr-defined]


@contextlib.contextmanager
def redis_server(address: str = "127.0.0.1") -> Iterator[Redis]:
    """A running Redis for the length of a ``with``; ``address`` is one of this machine's, and the one in its URL."""
    folder = Path(tempfile.mkdtemp(prefix="infinity-redis-"))
    redis = Redis(processes.free_port(), folder, address)
    try:
        redis.start()
        yield redis
    finally:
        redis.stop()
        shutil.rmtree(folder, ignore_errors=True)
