"""Many browsers in one process, for next to no processor time: requests by the clock, and sockets that only listen.

``wrk`` asks as fast as it is answered; people do not wait for each other. :func:`by_the_clock` sends at a rate whatever
becomes of the answers, and a request's time begins when it should have been sent. The sockets speak Engine.IO and
Socket.IO as far as a listener must.
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing import get_context

LONGEST_SECONDS = 30.0


@dataclass
class Heard:
    """What came of the requests: seconds each took, and how many went wrong, by status (0: no answer)."""

    seconds: list[float] = field(default_factory=list)
    wrong: dict[int, int] = field(default_factory=dict)
    refused_seconds: list[float] = field(default_factory=list)
    answered_seconds: list[float] = field(default_factory=list)

    def note(self, status: int, seconds: float) -> None:
        """An answer has come, or none: 0."""
        self.seconds.append(seconds)
        if 200 <= status < 400:
            self.answered_seconds.append(seconds)
            return
        self.wrong[status] = self.wrong.get(status, 0) + 1
        if status == 503:
            self.refused_seconds.append(seconds)

    def percentile_ms(self, share: float, *, is_refused: bool | None = None) -> float:
        """How long the slowest of this share of the requests took, in milliseconds; of all, answered or refused."""
        some = {None: self.seconds, False: self.answered_seconds, True: self.refused_seconds}[is_refused]
        ordered = sorted(some)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.head = self.body = b""

    async def ask(self, request: bytes) -> int:
        """The status of the answer, after all of it has come; ``head`` and ``body`` are the latest answer's."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        assert self._reader is not None
        self._writer.write(request)
        self.head = await self._reader.readuntil(b"\r\n\r\n")
        lines = self.head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        self.body = await self._reader.readexactly(length)
        if b"connection: close" in lines:
            self.close()
        return int(self.head[9:12])

    def close(self) -> None:
        """Give the connection back."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None


async def by_the_clock(
    port: int, rate: float, seconds: float, request: Callable[[int], bytes], browsers: int = 1, *,
    skip_seconds: float = 0.0,
) -> Heard:  # fmt: skip
    """Send ``request(n)`` for n = 0, 1 … at ``rate`` a second for so long, and wait for the last answer.

    So many browsers take turns, each with connections of its own that it keeps: the system deals connections out to
    the processes of a program, and a few of them would be dealt out unevenly. What is due in the first ``skip_seconds``
    is not counted.
    """
    heard, under_way = Heard(), set[asyncio.Task[None]]()
    kept = [deque[Line]() for _ in range(browsers)]

    async def send(number: int, due: float) -> None:
        idle = kept[number % browsers]
        line = idle.pop() if idle else Line(port)
        try:
            status = await asyncio.wait_for(line.ask(request(number)), LONGEST_SECONDS)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            line.close()
            status = 0
        idle.append(line)
        if due - began >= skip_seconds:
            heard.note(status, time.perf_counter() - due)

    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.ensure_future(send(number, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    if under_way:
        await asyncio.wait(under_way)
    for line in chain.from_iterable(kept):
        line.close()
    return heard


def from_outside(port: int, rate: float, seconds: float, request: bytes) -> Heard:
    """The same with one request, from a process of its own: who holds thousands of sockets can time nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as outside:
        return outside.submit(_alone, port, rate, seconds, request).result()


def _alone(port: int, rate: float, seconds: float, request: bytes) -> Heard:
    return asyncio.run(by_the_clock(port, rate, seconds, lambda _: request))


# --- sockets ---------------------------------------------------------------------------------------------------------


@dataclass
class Ears:
    """What all sockets together have heard: how many of each word, and when the last of it came."""

    words: dict[bytes, int] = field(default_factory=dict)
    last_at: float = 0.0

    def hear(self, message: bytes) -> None:
        """Count a Socket.IO event by its name."""
        if message.startswith(b'42["'):
            name = message[4 : message.index(b'"', 4)]
            self.words[name] = self.words.get(name, 0) + 1
            self.last_at = time.perf_counter()


class Socket(asyncio.Protocol):
    """One open page: connects, answers pings, counts what it hears."""

    def __init__(self, ears: Ears, cookie: str) -> None:
        self._ears, self._cookie = ears, cookie
        self._buffer = b""
        self._is_open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {self._cookie}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head[:20]:
                self._transport.close()
                return
            self._is_open, self._buffer = True, rest
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        if len(self._buffer) < 2:
            return False
        size, start = self._buffer[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(self._buffer[2:4], "big"), 4
        if len(self._buffer) < start + size:
            return False
        self._understand(self._buffer[0] & 15, self._buffer[start : start + size])
        self._buffer = self._buffer[start + size :]
        return True

    def _understand(self, kind: int, message: bytes) -> None:
        if kind == 8:
            self._transport.close()
        elif message.startswith(b"0{"):
            self._say(b"40")
        elif message == b"2":
            self._say(b"3")
        else:
            self._ears.hear(message)
            if message.startswith(b'42["hello"') and not self.opened.done():
                self.opened.set_result(None)

    def _say(self, message: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(message))
        self._transport.write(bytes([0x81, 0x80 | len(message)]) + mask + masked)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the socket was refused"))

    def close(self) -> None:
        """Leave."""
        self._transport.close()


async def open_sockets(port: int, ears: Ears, cookies: Sequence[str], at_once: int = 200) -> list[Socket]:
    """A socket for each cookie, so many at the same time; raises ConnectionError where one is refused."""
    loop, turn = asyncio.get_running_loop(), asyncio.Semaphore(at_once)

    async def open_one(cookie: str) -> Socket:
        async with turn:
            _, socket = await loop.create_connection(lambda: Socket(ears, cookie), "127.0.0.1", port)
            await asyncio.wait_for(socket.opened, LONGEST_SECONDS)
            return socket

    return list(await asyncio.gather(*(open_one(cookie) for cookie in cookies)))
