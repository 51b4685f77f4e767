"""One serving process: eventlet's WSGI server with limits and an ordered shutdown.

Shutdown: /readyz fails, the listening socket closes, requests finish, sockets are asked to reconnect, the process
exits.
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
from app.runtime.admission import outside
from app.runtime.bcrypt_pool import HashingPool
from app.runtime.connections import PatientListener, most_connections, send_idle_away
from app.runtime.gc_tuning import Memory
from app.runtime.haproxy_agent import HaproxyAgent
from app.runtime.http_protocol import Protocol, guarded
from app.runtime.identity import application_name
from app.runtime.overload import LoadShedder
from app.web.process_state import Vitals, vitals_of

# Longer than a browser keeps an idle connection for the next click, shorter than balancers do.
KEEPALIVE_SECONDS = 65
SLOWEST_CLIENT_SECONDS = 30
LONGEST_ADDRESS = 8_192
# Time for a balancer to see two failed checks.
UNREADY_SECONDS = 1.5
LAST_REQUESTS_SECONDS = 30.0
_LOOK_SECONDS = 0.2
logger = logging.getLogger("infinity.serving")


class Server:
    def __init__(self, app: Flask, listener: Any, *, is_child: bool = False, agent: HaproxyAgent | None = None) -> None:
        self._app = app
        self._is_child = is_child
        self._agent = agent
        self._listener = listener
        self._most = most_connections()
        self._pool = eventlet.GreenPool(self._most)
        self._asked_to_stop: int | None = None
        self._clock = SystemClock()
        self._memory = Memory(self._clock)
        self._shedder = LoadShedder(app, app.extensions["config"].db_pool_size)
        hasher = app.extensions["infinity"].hasher
        if isinstance(hasher, HashingPool):
            hasher.aside = outside
        vitals_of(app).gauges.update(figures_of(app, self._pool, self._memory))
        players = self._shedder.players
        vitals_of(app).gauges |= {
            "requests_waiting": lambda: float(players.waiting()),
            "requests_working": lambda: float(players.working()),
        }
        self._parent = os.getppid()

    def run(self) -> None:
        """Never returns: exits with 0 when asked to stop."""
        # A signal handler cannot wake the hub, so it only sets a flag.
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
            self._shedder.take_back()
            if self._is_child and os.getppid() != self._parent:
                self._asked_to_stop = signal.SIGTERM
        self._stop(serving)
        logs.flush()
        # Threads of drivers and schedulers have nothing left to do; waiting for them could only hang.
        os._exit(0)

    def _serve(self) -> None:
        eventlet.wsgi.server(
            PatientListener(self._listener),
            guarded(self._shedder),
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
            os._exit(1)  # second signal: stop at once
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
    """0 if the system does not say."""
    try:
        with open("/proc/self/statm") as told:
            return float(int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except OSError:
        return 0.0


def _say_goodbye(vitals: Vitals) -> None:
    # In threads, so that a hanging callback does not block the others.
    for hook in vitals.at_stop:
        eventlet.spawn_n(hook)


def finish_writes(app: Flask) -> None:
    """Wait up to two seconds for queued writes."""
    finish = getattr(app.extensions["infinity"].later, "finish", None)
    if finish is not None:
        with eventlet.Timeout(2, False):
            finish()
