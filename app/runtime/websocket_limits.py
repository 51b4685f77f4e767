"""Websockets as the server carries them: which kind of threads they run on, and how much a client may send.

The websocket code that eventlet brings reads frame after frame as long as there are any, so that one client with a full
pipe would keep all others waiting; it undoes the masking byte by byte; it puts no bound on a message that comes in
pieces; and the library behind it dies of a packet it cannot read, with its threads left behind. All of that is bounded
here. Called by the factory; the broadcaster knows nothing of it.
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
# A client may send so much at once and then so much a second: a unit for a frame and one for every half kilobyte.
MOST_UNITS = 200.0
UNITS_A_SECOND = 25.0
BYTES_A_UNIT = 512
MOST_PIECES = 64
PATIENCE_SECONDS = 5.0


def async_mode() -> str:
    """On what the sockets' threads run: the word that the libraries use for it."""
    return "eventlet" if is_patched() else "threading"


def tame(engine: Any, clock: Clock, pause: Callable[[float], None]) -> None:
    """Make the engine's websockets harmless. Only green ones: a thread of its own holds up nobody but its client."""
    if not is_patched():
        return
    carrier = engine._async["websocket"]

    def carry(handler: Callable[[Any], Any], server: Any) -> Any:
        def serve(socket: Any) -> Any:
            try:
                return handler(tamed(socket, int(engine.max_http_buffer_size), clock, pause))
            finally:
                # Or else the socket would hold itself, and all that it ever touched, until a full collection.
                del socket._recv_frame, socket.wait

        return carrier(serve, server)

    engine._async = {**engine._async, "websocket": carry}


def tamed(socket: Any, most_bytes: int, clock: Clock, pause: Callable[[float], None]) -> Any:
    """The same websocket, with bounds on what is read from it."""
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
    """Lets everybody else have a turn after each frame, lets a client wait that sends too much, and then ends it."""

    def __init__(self, clock: Clock, pause: Callable[[float], None]) -> None:
        self._clock = clock
        self._pause = pause
        self._units = TokenBucket(MOST_UNITS, UNITS_A_SECOND, clock.monotonic())
        self._waited = 0.0

    def charge(self, size: int) -> None:
        """One frame of so many bytes has been read. What is not read yet waits in the client's own machine.

        Raises ConnectionAbortedError when the client goes on for longer than it is listened to.
        """
        wait = self._units.charge(1 + size / BYTES_A_UNIT, self._clock.monotonic())
        if self._units.tokens > MOST_UNITS / 2:
            self._waited = 0.0
        self._waited += wait
        if self._waited > PATIENCE_SECONDS:
            # Kept waiting any longer, a client that has left could have hours of words in the pipe.
            raise ConnectionAbortedError("too much for too long")
        self._pause(wait)
