"""The listening socket: opened once, inherited by children.

Eventlet is imported inside functions: a process that has imported it is warned at each fork.
"""

from __future__ import annotations

import errno
import os
from typing import Any

from app.runtime.monkeypatch import real_modules

# The backlog, capped by the kernel.
BACKLOG = 1_024


class CannotListen(Exception):
    """The address cannot be listened on. The text says why and what to do."""


def open_listener(host: str, port: int) -> Any:
    """Listen. Raises :class:`CannotListen`."""
    import eventlet

    (socket,) = real_modules("socket")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Without reuse_port, so that a second program on the port is refused.
        return eventlet.listen((host, port), family=family, backlog=BACKLOG, reuse_port=False)
    except OSError as problem:
        raise cannot_listen(host, port, problem, "HOST and PORT choose another address.") from None


def cannot_listen(host: str, port: int, problem: OSError, remedy: str) -> CannotListen:
    is_taken = problem.errno == errno.EADDRINUSE
    why = "another program listens there already" if is_taken else str(problem.strerror or problem)
    return CannotListen(f"It cannot listen on {host}:{port}: {why}. {remedy}")


def inherited_listener(descriptor: int) -> Any:
    from eventlet.greenio import GreenSocket

    (socket,) = real_modules("socket")
    os.set_inheritable(descriptor, False)
    return GreenSocket(socket.socket(fileno=descriptor))


ALL_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def described(host: str, port: int) -> str:
    """Where it listens, for people."""
    here = address(host, port)
    return f"port {port} of every address, on this machine {here}" if host in ALL_ADDRESSES else here


def address(host: str, port: int) -> str:
    reachable = ALL_ADDRESSES.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
