"""Thousands of open pages: how soon a broadcast reaches the last, what other pages notice, what a socket weighs.

The client that holds the sockets runs on the same machine and takes
about as much of it as the program.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Sequence

from bench.crowd import Ears, Heard, Socket, from_outside, open_sockets
from bench.fleet import PROCESSES, Fleet, fleet
from bench.tables import Row, Table

SOCKETS = 10_000
SMALL = 2_000
ROUNDS = 5
PAGES_A_SECOND = 20.0
MOST_SECONDS, MOST_SECONDS_SMALL = 1.0, 0.2
MOST_TIMES_SLOWER = 1.5
MOST_PAUSE_MS = 100.0
# After so long every process has tidied up at least once, with all sockets open.
TIDIED_SECONDS = 70
# Of the client's own files; the program's processes share the sockets between them.
SPARE_FILES = 500


def measure(sockets: int = SOCKETS) -> Table:
    """The table of open pages."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed[1], allowed[1]))
    count = min(sockets, allowed[1] - SPARE_FILES)
    with fleet() as hunt:
        return asyncio.run(_measure(hunt, count))


async def _measure(hunt: Fleet, count: int) -> Table:
    before = await _pages(hunt, 5)
    light = hunt.memory_mb()
    ears, port = Ears(), hunt.server.port
    cookies = [hunt.players[number % len(hunt.players)].cookie for number in range(count)]
    small = min(SMALL, count)
    open_pages = await open_sockets(port, ears, cookies[:small])
    reach_small = await _broadcasts(hunt, ears, small)
    began = time.perf_counter()
    open_pages += await open_sockets(port, ears, cookies[small:])
    connecting = time.perf_counter() - began
    heavy = hunt.memory_mb()
    reach, meanwhile = await _under_way(hunt, ears, count)
    await asyncio.sleep(TIDIED_SECONDS)
    pause = 1000 * await asyncio.to_thread(hunt.longest_collection)
    lost = sum(page.is_lost for page in open_pages)
    slower = meanwhile.percentile_ms(0.95) / before.percentile_ms(0.95)
    back, refused = await _restart(hunt, open_pages, cookies)
    return Table(
        f"{count} open pages on {PROCESSES} processes",
        (
            Row(f"broadcast reaches the last of {small}", reach_small, "s", MOST_SECONDS_SMALL),
            Row(f"broadcast reaches the last of {count}", reach, "s", MOST_SECONDS),
            Row("words lost, sockets lost", lost, "", 0, 0),
            Row("pages meanwhile, p95 against before", slower, "×", MOST_TIMES_SLOWER, 2, _spread(before, meanwhile)),
            Row("pages meanwhile, slowest", meanwhile.percentile_ms(1.0), "ms", digits=0),
            Row("longest pause of the collector", pause, "ms", MOST_PAUSE_MS, 0),
            Row("pages refused meanwhile", sum(meanwhile.wrong.values()), "", 0, 0),
            Row(f"{count - small} more sockets open within", connecting, "s", digits=1),
            Row("memory of an idle socket", 1024 * (heavy - light) / count, "kB", digits=0),
            Row("all sockets back after a restart within", back, "s", digits=1),
            Row("pages refused while they come back", refused, "", 0, 0),
        ),
    )  # fmt: skip


def _spread(*heard: Heard) -> str:
    return ", then ".join(f"{one.percentile_ms(0.5):.0f} and {one.percentile_ms(0.95):.0f} ms" for one in heard)


def _page(hunt: Fleet) -> bytes:
    return f"GET /game HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nCookie: {hunt.players[0].cookie}\r\n\r\n".encode()


async def _pages(hunt: Fleet, seconds: float) -> Heard:
    return await asyncio.to_thread(from_outside, hunt.server.port, PAGES_A_SECOND, seconds, _page(hunt))


async def _broadcasts(hunt: Fleet, ears: Ears, count: int) -> float:
    """The median over a few broadcasts of the seconds until the last socket has it."""
    return sorted([await _broadcast(hunt, ears, count, number) for number in range(ROUNDS)])[ROUNDS // 2]


async def _broadcast(hunt: Fleet, ears: Ears, count: int, number: int) -> float:
    wanted = ears.words.get(b"alert", 0) + count
    began = time.perf_counter()
    await asyncio.to_thread(hunt.broadcast, f"word {number} of the bench")
    while ears.words.get(b"alert", 0) < wanted and time.perf_counter() - began < 20:
        await asyncio.sleep(0.005)
    assert ears.words.get(b"alert", 0) == wanted, f"{wanted - ears.words.get(b'alert', 0)} sockets never heard it"
    reached = ears.last_at - began
    await asyncio.sleep(1)
    return reached


async def _under_way(hunt: Fleet, ears: Ears, count: int) -> tuple[float, Heard]:
    """Broadcasts to all while somebody reads pages."""
    pages = asyncio.create_task(_pages(hunt, 10))
    reach = await _broadcasts(hunt, ears, count)
    return reach, await pages


async def _restart(hunt: Fleet, open_pages: Sequence[Socket], cookies: Sequence[str]) -> tuple[float, int]:
    """Stop and start the program; all sockets come back as fast as they can, which is faster than pages do."""
    await asyncio.to_thread(hunt.server.stop)
    for page in open_pages:
        page.close()
    await asyncio.to_thread(hunt.server.start)
    began = time.perf_counter()
    pages = asyncio.create_task(_pages(hunt, 10))
    back = await open_sockets(hunt.server.port, Ears(), cookies)
    seconds = time.perf_counter() - began
    refused = sum((await pages).wrong.values())
    for page in back:
        page.close()
    return seconds, refused
