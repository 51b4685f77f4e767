"""The word for the balancer: whoever connects here is told how much of the usual share of new visitors to send.

``100%`` as a rule, ``0%`` while this node drains: what is under way is finished, nothing new is sent. That is another
question than whether the node works, which is /readyz: a balancer cuts the connections of a dead node, and lets those
of a draining one come to their end. A share, and not a state of the balancer's own, so that what an operator sets
there by hand stays as it was set. HAProxy calls it an agent-check.

Opened by :mod:`app.runtime.main` where AGENT_PORT asks for it; one a node, however many processes serve.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.runtime.listen import refused_door

USUAL, NOTHING = b"100%\n", b"0%\n"
BACKLOG = 16
# Who does not take three bytes in this time does not want them.
PATIENCE_SECONDS = 1.0
PAUSE_SECONDS = 0.1


class AgentDoor:
    """Answers on its own port until the process ends. ``drain_file``: while that file is there, the node drains."""

    def __init__(self, host: str, port: int, drain_file: Path | None = None) -> None:
        self._drain_file = drain_file
        self.is_leaving: Callable[[], bool] = lambda: False
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._door = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as problem:
            raise refused_door(host, port, problem, "AGENT_PORT chooses another.") from None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._door.getsockname()[1])

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self._answer_all, name="agent", daemon=True).start()

    def word(self) -> bytes:
        """What the balancer is told at this moment."""
        has_drain_file = self._drain_file is not None and self._drain_file.exists()
        return NOTHING if self.is_leaving() or has_drain_file else USUAL

    def _answer_all(self) -> None:
        while True:
            try:
                self._answer()
            except OSError:
                # Somebody hung up before he was answered, or this process has too many files open: go on, in no hurry.
                time.sleep(PAUSE_SECONDS)

    def _answer(self) -> None:
        visitor, _ = self._door.accept()
        with visitor:
            visitor.settimeout(PATIENCE_SECONDS)
            visitor.sendall(self.word())


def open_agent(host: str, port: int, drain_file: Path | None) -> AgentDoor | None:
    """The door where a balancer may ask, if one is wanted. Raises :class:`app.runtime.listen.DoorRefused`."""
    return AgentDoor(host, port, drain_file) if port else None
