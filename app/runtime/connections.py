"""A process's limit of connections.

Each connection is an open file. At the limit the server waits to accept, and closes idle connections.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import resource
from typing import Any

import eventlet

from app.runtime.http_protocol import IDLE

MOST_CONNECTIONS = 10_000
# For the database, Redis, log, pictures and calls to the outside.
OTHER_FILES = 128
CROWDED, ROOMY = 0.9, 0.7
PAUSE_SECONDS = 0.1
# Errors of accept about one client or moment, not the socket.
_PASSES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED, errno.ECONNRESET, errno.EPROTO}
logger = logging.getLogger("infinity.serving")


def most_connections() -> int:
    """The system's limit of open files, raised to its maximum."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    files = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), most))
    return max(OTHER_FILES, min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], wanted) - OTHER_FILES)


def send_idle_away(running: int, most: int) -> None:
    """Close the longest idle connections when it gets crowded."""
    if running < most * CROWDED:
        return
    wanted = int(running - most * ROOMY)
    for connection in list(IDLE)[:wanted]:
        connection.hang_up()
    logger.warning("%s of %s connections are open; idle ones were closed", running, most)


class PatientListener:
    """A listening socket that waits at the limit, where the server would stop."""

    def __init__(self, listener: Any) -> None:
        self._listener = listener

    def accept(self) -> Any:
        while True:
            try:
                return self._listener.accept()
            except OSError as problem:
                if problem.errno not in _PASSES:
                    raise
                eventlet.sleep(PAUSE_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)
