"""One process that serves: eventlet's WSGI server with limits that fit a hunt, and an orderly end.

It runs after :func:`app.runtime.monkeypatch.patch`. The order of the end matters: first /readyz says no, so that a
balancer looks elsewhere; then the listening socket closes, requests in flight are finished, open sockets are told to
reconnect, and the process leaves.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import eventlet
import eventlet.debug
import eventlet.wsgi
from flask import Flask

from app.clock import SystemClock
from app.ops import scheduler
from app.runtime import logs
from app.runtime.connections import PatientListener, most_connections, send_idle_away
from app.runtime.gc_tuning import Memory
from app.runtime.haproxy_agent import AgentDoor
from app.runtime.http_protocol import Protocol, guarded
from app.runtime.identity import application_name
from app.web.process_state import Vitals, vitals_of

# Longer than a browser keeps an idle connection for the next click, shorter than balancers do.
KEEPALIVE_SECONDS = 65
SLOWEST_CLIENT_SECONDS = 30
LONGEST_ADDRESS = 8_192
# A balancer that asks every second and wants two refusals, the second sooner, has noticed by then.
UNREADY_SECONDS = 1.5
LAST_REQUESTS_SECONDS = 30.0
_LOOK_SECONDS = 0.2
logger = logging.getLogger("infinity.serving")


class Server:
    """Serves one app on one listening socket until it is told to stop."""

    def __init__(self, app: Flask, listener: Any, *, is_child: bool = False, agent: AgentDoor | None = None) -> None:
        self._app = app
        self._is_child = is_child
        self._agent = agent
        self._listener = listener
        self._most = most_connections()
        self._pool = eventlet.GreenPool(self._most)
        self._asked_to_stop: int | None = None
        self._clock = SystemClock()
        self._memory = Memory(self._clock)
        vitals_of(app).gauges.update(figures_of(app, self._pool, self._memory))
        self._parent = os.getppid()

    def run(self) -> None:
        """Serve. Returns never: the process ends with code 0 when it has been asked to."""
        # A signal's handler may only leave a note: what it schedules does not wake the hub.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        eventlet.debug.hub_exceptions(False)
        scheduler.start(self._app, application_name())
        serving = eventlet.spawn(self._serve)
        if self._agent:
            self._agent.is_leaving = lambda: vitals_of(self._app).is_draining
            self._agent.start()
        self._memory.settle()
        eventlet.spawn(self._memory.keep_tidy, eventlet.sleep, self._pool.running)
        while self._asked_to_stop is None and not serving.dead:
            eventlet.sleep(_LOOK_SECONDS)
            send_idle_away(self._pool.running(), self._most)
            if self._is_child and os.getppid() != self._parent:
                self._asked_to_stop = signal.SIGTERM
        self._stop(serving)
        logs.flush()
        # Threads of drivers and schedulers have nothing left to do; waiting for them could only hang.
        os._exit(0)

    def _serve(self) -> None:
        eventlet.wsgi.server(
            PatientListener(self._listener),
            guarded(self._app),
            protocol=Protocol,
            custom_pool=self._pool,
            max_size=self._most,
            keepalive=KEEPALIVE_SECONDS,
            socket_timeout=SLOWEST_CLIENT_SECONDS,
            url_length_limit=LONGEST_ADDRESS,
            debug=False,
            log_output=False,
        )

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._asked_to_stop == number == signal.SIGINT:
            os._exit(1)  # asked twice: somebody at a terminal does not want to wait
        self._asked_to_stop = number

    def _stop(self, serving: Any) -> None:
        vitals = vitals_of(self._app)
        vitals.is_draining = True
        if self._asked_to_stop == signal.SIGTERM:
            eventlet.sleep(UNREADY_SECONDS)
        self._listener.close()
        eventlet.spawn_n(serving.kill)
        _say_goodbye(vitals)
        deadline = self._clock.monotonic() + LAST_REQUESTS_SECONDS
        while self._pool.running() and self._clock.monotonic() < deadline:
            eventlet.sleep(_LOOK_SECONDS)
        finish_writes(self._app)


def figures_of(app: Flask, pool: Any, memory: Memory) -> dict[str, Callable[[], float]]:
    """What this process says about itself in the metrics, besides its pool of database connections."""
    later = app.extensions["infinity"].later
    return {
        "connections": lambda: float(pool.running()),
        "connections_limit": lambda: float(pool.size),
        "longest_collection_seconds": lambda: memory.longest_pause,
        "log_lines_dropped": lambda: float(logs.dropped()),
        "open_files": lambda: float(len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0),
        "open_files_limit": lambda: float(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        "resident_memory_bytes": resident_memory_bytes,
        "writes_dropped": lambda: float(getattr(later, "dropped", 0)),
    }


def resident_memory_bytes() -> float:
    """The memory that this process holds; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as told:
            return float(int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except OSError:
        return 0.0


def _say_goodbye(vitals: Vitals) -> None:
    # Each in a thread of its own: one that hangs must not keep the others from being called.
    for hook in vitals.at_stop:
        eventlet.spawn_n(hook)


def finish_writes(app: Flask) -> None:
    """Let the small writes that follow answers come to their end, within two seconds."""
    finish = getattr(app.extensions["infinity"].later, "finish", None)
    if finish is not None:
        with eventlet.Timeout(2, False):
            finish()
