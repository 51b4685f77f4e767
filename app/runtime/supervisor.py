"""Several processes on one listening socket.

The parent opens it, prepares in a child, starts workers by exec (forking green threads breaks them), restarts dead
ones and forwards signals. It serves nothing.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

from prometheus_client import multiprocess

from app.clock import Clock, SystemClock
from app.runtime.haproxy_agent import HaproxyAgent
from app.runtime.listen import described
from app.runtime.logs import say
from config import Config

# A child that ends sooner failed to start; restarts back off.
SETTLED_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A child's own limit for last requests, and a margin.
STOP_SECONDS = 36.0
_LOOK_SECONDS = 0.2
logger = logging.getLogger("infinity.processes")


@dataclass(slots=True)
class ProcessSlot:
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS

    def has_died(self, now: float) -> None:
        is_settled = now - self.started >= SETTLED_SECONDS
        self.due = now if is_settled else now + self.pause
        self.pause = FIRST_PAUSE_SECONDS if is_settled else min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        self.child = None


class Supervisor:
    """Keeps ``WEB_PROCESSES`` children running."""

    def __init__(
        self,
        listener: int,
        config: Config,
        *,
        is_demo: bool,
        agent: HaproxyAgent | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._listener = listener
        self._agent = agent
        self._config = config
        self._is_demo = is_demo
        self._clock = clock or SystemClock()
        self._places = [ProcessSlot() for _ in range(config.web_processes)]
        self._asked_to_stop: int | None = None
        self._figures = tempfile.mkdtemp(prefix="infinity-metrics-")

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        try:
            code = self._prepare()
            if code or self._asked_to_stop:
                return code
            where = described(self._config.host, self._config.port)
            say(f"Infinity serves on {where} with {len(self._places)} processes")
            if self._agent:
                self._agent.is_leaving = lambda: self._asked_to_stop is not None
                self._agent.start()
            while self._asked_to_stop is None:
                self._look_after()
                time.sleep(_LOOK_SECONDS)
            return self._stop(self._asked_to_stop)
        finally:
            shutil.rmtree(self._figures, ignore_errors=True)

    def _prepare(self) -> int:
        # Its zeros would stay the minimum of all processes.
        child = self._program("--prepare")
        code = child.wait()
        self._forget_figures(child.pid)
        return code

    def _look_after(self) -> None:
        now = self._clock.monotonic()
        for place in self._places:
            if place.child and place.child.poll() is not None:
                logger.error("process %s ended with code %s", place.child.pid, place.child.returncode)
                self._forget_figures(place.child.pid)
                place.has_died(now)
            if place.child is None and now >= place.due:
                place.child, place.started = self._program("--listener", str(self._listener)), now

    def _program(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.runtime", *words, *(["--demo"] if self._is_demo else [])]
        env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": self._figures}
        # A session of its own: Ctrl-C reaches the parent alone, which passes it on once.
        # The command is this program; nothing comes from input.
        return subprocess.Popen(  # noqa: S603
            command, env=env, pass_fds=[self._listener], start_new_session=True
        )

    def _forget_figures(self, process: int) -> None:
        multiprocess.mark_process_dead(process, self._figures)  # type: ignore[no-untyped-call]

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = number

    def _stop(self, number: int) -> int:
        children = [place.child for place in self._places if place.child]
        for child in children:
            child.send_signal(number)
        deadline = self._clock.monotonic() + STOP_SECONDS
        while any(child.poll() is None for child in children) and self._clock.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        return self._end_the_rest(children)

    def _end_the_rest(self, children: Sequence[subprocess.Popen[bytes]]) -> int:
        late = [child for child in children if child.poll() is None]
        for child in late:
            logger.error("process %s did not end in time and is killed", child.pid)
            child.kill()
        return 1 if late else 0
