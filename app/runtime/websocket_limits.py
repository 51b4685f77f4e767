"""Limits for websockets.

Eventlet's code reads frames without yielding, unmasks byte by byte and accepts endless fragments; the library above
fails on bad packets and leaks threads. All that is bounded here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.clock import Clock
from app.concurrency.rate_limit import TokenBucket
from app.runtime.monkeypatch import is_patched

# Private names are used: Engine.IO's `_async`, and `_recv_frame` of eventlet's websocket. Before another version is
# allowed, compare the code around them with what is written here.
WRITTEN_FOR = {"python-engineio": "4.15", "eventlet": "0.41"}
# What an Engine.IO client sends once it is connected: a close, the answer to a ping, and Socket.IO's packets to
# connect, to leave, to say something, to acknowledge. The rest has no meaning here; some of it is sent to do harm.
HEARD = ("1", "3", "40", "41", "42", "43")
# Burst and rate, in units: one a frame and one a half kilobyte.
MOST_UNITS = 200.0
UNITS_A_SECOND = 25.0
BYTES_A_UNIT = 512
MOST_PIECES = 64
PATIENCE_SECONDS = 5.0


def async_mode() -> str:
    """The library's name for our kind of threads."""
    return "eventlet" if is_patched() else "threading"


def tame(engine: Any, clock: Clock, pause: Callable[[float], None]) -> None:
    """Bound the engine's websockets, if they are green."""
    if not is_patched():
        return
    carrier = engine._async["websocket"]

    def carry(handler: Callable[[Any], Any], server: Any) -> Any:
        def serve(socket: Any) -> Any:
            try:
                return handler(tamed(socket, int(engine.max_http_buffer_size), clock, pause))
            finally:
                # Avoids a reference cycle.
                del socket._recv_frame, socket.wait

        return carrier(serve, server)

    engine._async = {**engine._async, "websocket": carry}


def tamed(socket: Any, most_bytes: int, clock: Clock, pause: Callable[[float], None]) -> Any:
    meter = Meter(clock, pause)
    read_frame, read_message = socket._recv_frame, socket.wait

    def bounded_frame(message: Any = None) -> Any:
        frame = read_frame(message=message)
        size = sum(map(len, frame.data))
        if size > most_bytes or len(frame.data) > MOST_PIECES:
            raise ConnectionAbortedError("a message without end")
        meter.charge(size)
        return frame

    def heard_message() -> Any:
        while True:
            message = read_message()
            if message is None or (isinstance(message, str) and message.startswith(HEARD)):
                return message

    socket._recv_frame, socket.wait = bounded_frame, heard_message
    return socket


class Meter:
    """Yields after each frame, slows down a client that sends too much, then ends it."""

    def __init__(self, clock: Clock, pause: Callable[[float], None]) -> None:
        self._clock = clock
        self._pause = pause
        self._units = TokenBucket(MOST_UNITS, UNITS_A_SECOND, clock.monotonic())
        self._waited = 0.0

    def charge(self, size: int) -> None:
        """Charge a frame of ``size`` bytes; unread data stays with the client.

        Raises ConnectionAbortedError above the limit.
        """
        wait = self._units.charge(1 + size / BYTES_A_UNIT, self._clock.monotonic())
        if self._units.tokens > MOST_UNITS / 2:
            self._waited = 0.0
        self._waited += wait
        if self._waited > PATIENCE_SECONDS:
            # Beyond this, end the client: its backlog may be hours.
            raise ConnectionAbortedError("too much for too long")
        self._pause(wait)
