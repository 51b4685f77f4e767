"""One connection to one checked address under a total deadline, because a slow drip defeats per-read timeouts. TLS
runs over memory buffers so that the handshake obeys the deadline too.
"""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable
from typing import Any

import certifi

from app.clock import Clock
from app.core.fetch_result import ServerSilent
from app.prox.url_policy import Target

PIECE = 65_536


class Deadline:
    """A total in seconds and the longest allowed silence."""

    def __init__(self, clock: Clock, seconds: float, silence: float) -> None:
        self._clock, self._silence = clock, silence
        self._begun_at = clock.monotonic()
        self._until = self._begun_at + seconds

    def patience(self) -> float:
        """Seconds the next wait may take. Raises :class:`ServerSilent` if none are left."""
        left = self._until - self._clock.monotonic()
        if left <= 0:
            raise ServerSilent("The server sends too slowly.")
        return min(left, self._silence)

    def seconds_so_far(self) -> float:
        return self._clock.monotonic() - self._begun_at


class Wire(io.RawIOBase):
    """A readable connection with the socket interface ``http.client`` needs."""

    def __init__(self, target: Target, address: str, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline
        self._socket = socket.create_connection((address, target.port), timeout=deadline.patience())
        self._tls: ssl.SSLObject | None = None
        try:
            if target.scheme == "https":
                self._greet(target.host)
        except BaseException:
            self.close()
            raise

    def send(self, request: bytes) -> None:
        if self._tls is None:
            self._send_raw(request)
            return
        self._turn(lambda: self._secured.write(request))
        self._flush_tls()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._receive(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(self, PIECE)

    def close(self) -> None:
        if not self.closed:
            self._socket.close()
        super().close()

    @property
    def _secured(self) -> ssl.SSLObject:
        if self._tls is None:
            raise ValueError("this connection is not encrypted")
        return self._tls

    def _greet(self, name: str) -> None:
        """Verifies the certificate against the host name, not the address."""
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=certifi.where())
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._turn(self._tls.do_handshake)
        self._flush_tls()

    def _receive(self, most: int) -> bytes:
        if self._tls is None:
            return self._receive_raw(most)
        try:
            return bytes(self._turn(lambda: self._secured.read(most)))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _turn(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._flush_tls()
                content = self._receive_raw(PIECE)
                if content:
                    self._in.write(content)
                else:
                    self._in.write_eof()

    def _flush_tls(self) -> None:
        waiting = self._out.read()
        if waiting:
            self._send_raw(waiting)

    def _send_raw(self, content: bytes) -> None:
        self._socket.settimeout(self._deadline.patience())
        self._socket.sendall(content)

    def _receive_raw(self, most: int) -> bytes:
        self._socket.settimeout(self._deadline.patience())
        return self._socket.recv(min(most, PIECE))
