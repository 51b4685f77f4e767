"""A line of a given length before a server: every byte arrives later, none is lost, and none overtakes another.

The kernel of a test machine need not be able to delay packets (netem), so the line is a proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


class Line:
    """``round_trip_seconds`` may be changed at any time; what is under way keeps its own."""

    def __init__(self, there: tuple[str, int]) -> None:
        self.round_trip_seconds = 0.0
        self.port = 0
        self._there = there
        self._loop = asyncio.new_event_loop()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._is_ready.wait(60)

    def close(self) -> None:
        """Pull it out; what is still under way is lost."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            self._loop.run_until_complete(self._end(asyncio.all_tasks(self._loop)))
            self._loop.close()

    async def _end(self, tasks: set[asyncio.Task[object]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Transports close one turn of the loop after they are asked to.
        await asyncio.sleep(0.01)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A handshake is a round trip too.
        await asyncio.sleep(self.round_trip_seconds)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._there)
            try:
                await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
            finally:
                far_writer.close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One way: read as it comes, hand over half a round trip later, in order."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.ensure_future(self._deliver(under_way, writer))
        piece = b" "
        with contextlib.suppress(ConnectionError):
            while piece:
                piece = await reader.read(65536)
                under_way.put_nowait((self._loop.time() + self.round_trip_seconds / 2, piece))
        if piece:
            under_way.put_nowait((self._loop.time(), b""))
        await delivery

    async def _deliver(self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                due, piece = await under_way.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                if not piece:
                    break
                writer.write(piece)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()


@contextlib.contextmanager
def line(port: int) -> Iterator[Line]:
    """A line to this port of 127.0.0.1 for the length of a ``with``, of no length yet."""
    one = Line(("127.0.0.1", port))
    try:
        yield one
    finally:
        one.close()
