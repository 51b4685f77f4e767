"""HAProxy's agent-check: which share of new visitors this node takes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.runtime.listen import cannot_listen

# 100%, or 0% while draining: work in progress is finished. /readyz is another question: HAProxy cuts the connections
# of a dead node. A share rather than a state, so that an operator's own setting stays. One port a node, set by
# AGENT_PORT.

USUAL, NOTHING = b"100%\n", b"0%\n"
BACKLOG = 16
# Seconds to send three bytes.
PATIENCE_SECONDS = 1.0
PAUSE_SECONDS = 0.1


class HaproxyAgent:
    """``drain_file``: while it exists, the node drains."""

    def __init__(self, host: str, port: int, drain_file: Path | None = None) -> None:
        self._drain_file = drain_file
        self.is_leaving: Callable[[], bool] = lambda: False
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as problem:
            raise cannot_listen(host, port, problem, "AGENT_PORT chooses another.") from None

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        threading.Thread(target=self._answer_all, name="agent", daemon=True).start()

    def word(self) -> bytes:
        has_drain_file = self._drain_file is not None and self._drain_file.exists()
        return NOTHING if self.is_leaving() or has_drain_file else USUAL

    def _answer_all(self) -> None:
        while True:
            try:
                self._answer()
            except OSError:
                # The client hung up, or too many files are open: continue after a pause.
                time.sleep(PAUSE_SECONDS)

    def _answer(self) -> None:
        visitor, _ = self._listener.accept()
        with visitor:
            visitor.settimeout(PATIENCE_SECONDS)
            visitor.sendall(self.word())


def open_agent(host: str, port: int, drain_file: Path | None) -> HaproxyAgent | None:
    """None without AGENT_PORT. Raises :class:`app.runtime.listen.CannotListen`."""
    return HaproxyAgent(host, port, drain_file) if port else None
