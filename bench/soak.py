"""Ten minutes of the story's load with open pages: what memory and connections do over time."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass, field

from bench.crowd import Ears, Heard, by_the_clock, open_sockets
from bench.fleet import PROCESSES, Fleet, fleet
from bench.mix import MOST_CONNECTIONS, MOST_P99_MS, mixed_requests, warm_up
from bench.tables import Row, Table

SECONDS = 600.0
RATE = 83.0
SOCKETS = 500
LOOK_SECONDS = 10.0
# Of the time, before memory is what it stays: code paths not yet taken, caches not yet full.
WARM_SHARE = 0.3
MOST_GROWTH = 1.03


@dataclass
class Looks:
    """What was seen every few seconds."""

    memory_mb: list[float] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)


def measure(seconds: float = SECONDS) -> Table:
    """The table of the soak."""
    with fleet() as hunt:
        warm_up(hunt)
        heard, looks, lost = asyncio.run(_soak(hunt, seconds))
    third = len(looks.memory_mb) // 3
    warm = looks.memory_mb[int(len(looks.memory_mb) * WARM_SHARE) :]
    begin, end = statistics.median(warm[:third]), statistics.median(warm[-third:])
    return Table(
        f"{seconds / 60:.0f} minutes at {RATE:.0f} requests/s with {SOCKETS} open pages, on {PROCESSES} processes",
        (
            Row("memory at the end against the first third", end / begin, "×", MOST_GROWTH, 3, _course(looks)),
            Row("database connections, the most", max(looks.connections), "", MOST_CONNECTIONS, 0),
            Row("p99", heard.percentile_ms(0.99), "ms", MOST_P99_MS, 0),
            Row("answers that went wrong", sum(heard.wrong.values()), "", 0, 0),
            Row("sockets lost", lost, "", 0, 0),
        ),
    )


def _course(looks: Looks) -> str:
    """The memory every tenth of the time, in MB."""
    step = max(1, len(looks.memory_mb) // 10)
    return " ".join(f"{megabytes:.0f}" for megabytes in looks.memory_mb[::step])


async def _soak(hunt: Fleet, seconds: float) -> tuple[Heard, Looks, int]:
    ears, looks = Ears(), Looks()
    pages = await open_sockets(hunt.server.port, ears, [player.cookie for player in hunt.players[:SOCKETS]])
    load = asyncio.create_task(by_the_clock(hunt.server.port, RATE, seconds, mixed_requests(hunt), len(hunt.players)))
    while not load.done():
        looks.memory_mb.append(await asyncio.to_thread(hunt.memory_mb))
        looks.connections.append(await asyncio.to_thread(hunt.connections))
        await asyncio.wait([load], timeout=LOOK_SECONDS)
    lost = sum(page.is_lost for page in pages)
    for page in pages:
        page.close()
    return await load, looks, lost
