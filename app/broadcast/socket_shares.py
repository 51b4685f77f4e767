"""A limit of sockets by address, checked before anything is read.

A WSGI layer: the call that serves a WebSocket lasts as long as it is open.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from app.core.addresses import counted_address, is_own_machine

RETRY_SECONDS = 30
_REFUSAL = b"Too many pages are open from this address.\n"


class SocketShares:
    """Refuses with 429 above the limit. An IPv6 /64 is one address.

    Loopback has no limit: behind a local proxy without ``TRUSTED_PROXIES`` it is everybody's.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], most: int) -> None:
        self._app = app
        self._most = most
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        visitor = environ.get("REMOTE_ADDR") or ""
        if is_own_machine(visitor):
            return self._app(environ, start_response)
        address = counted_address(visitor)
        if not self._enter(address):
            # The connection too: it would be one of those that there are too many of.
            headers = [("Content-Type", "text/plain"), ("Retry-After", str(RETRY_SECONDS)), ("Connection", "close")]
            start_response("429 Too Many Requests", headers)
            return [_REFUSAL]
        try:
            return self._app(environ, start_response)
        finally:
            self._leave(address)

    def _enter(self, address: str) -> bool:
        with self._lock:
            if self._open[address] >= self._most:
                return False
            self._open[address] += 1
            return True

    def _leave(self, address: str) -> None:
        with self._lock:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
