"""The minute of the start: a thousand teams on the countdown page, each with a socket, and then everybody at once.

The start comes by the clock. Each page hears of it by its socket, as it does in a browser, and within ten seconds its
reader opens the list of levels, the level, and a puzzle, one after the other.
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import timedelta

from app.settings.service import change_setting
from bench.crowd import Ears, Heard, Line, Socket, open_sockets
from bench.fleet import PROCESSES, Fleet, Player, fleet
from bench.mix import PAGE
from bench.tables import Row, Table

SECONDS_UNTIL_START = 30
WITHIN_SECONDS = 10.0
PATHS = ("/game", "/game/quay", PAGE)
MOST_P99_MS = 1_000.0
MOST_SECONDS_TO_HEAR = 3.0


def measure() -> Table:
    """The table of the release minute."""
    with fleet() as hunt:
        told, heard, lost = asyncio.run(_release(hunt))
    return Table(
        f"The start, with {len(hunt.players)} teams on the countdown page, on {PROCESSES} processes",
        (
            Row("the last socket hears of the start after", told, "s", MOST_SECONDS_TO_HEAR),
            Row("pages, p99", heard.percentile_ms(0.99), "ms", MOST_P99_MS, 0, _spread(heard)),
            Row("pages asked for within ten seconds", len(heard.seconds), digits=0),
            Row("pages that went wrong", sum(heard.wrong.values()), "", 0, 0),
            Row("sockets lost", lost, "", 0, 0),
        ),
    )


def _spread(heard: Heard) -> str:
    return f"p50 {heard.percentile_ms(0.5):.0f}, p95 {heard.percentile_ms(0.95):.0f}"


async def _release(hunt: Fleet) -> tuple[float, Heard, int]:
    dice, ears, heard = random.Random(1), Ears(), Heard()
    starts_at = hunt.place.ports.clock.now() + timedelta(seconds=SECONDS_UNTIL_START)
    change_setting(
        hunt.place.ports.database,
        hunt.place.ports.in_force,
        hunt.place.ports.clock,
        "starts_at",
        starts_at.isoformat(),
        "bench",
    )
    await asyncio.sleep(2)
    pages = await open_sockets(hunt.server.port, ears, [player.cookie for player in hunt.players])
    lines = [Line(hunt.server.port) for _ in hunt.players]
    await asyncio.gather(*(_look(line, player) for line, player in zip(lines, hunt.players, strict=True)))
    wait = (starts_at - hunt.place.ports.clock.now()).total_seconds()
    assert wait > 0, "the crowd was not there in time"
    await asyncio.sleep(wait)
    began = time.perf_counter()
    readers = asyncio.gather(*(
        _read(heard, line, player, dice.random() * WITHIN_SECONDS)
        for line, player in zip(lines, hunt.players, strict=True)
    ))  # fmt: skip
    told = await _last_to_hear(ears, len(pages), began)
    await readers
    return told, heard, _end(pages, lines)


async def _last_to_hear(ears: Ears, count: int, began: float) -> float:
    while ears.words.get(b"hunt", 0) < count and time.perf_counter() - began < WITHIN_SECONDS:
        await asyncio.sleep(0.02)
    missing = count - ears.words.get(b"hunt", 0)
    assert missing == 0, f"{missing} pages never heard of the start"
    return ears.last_at - began


async def _look(line: Line, player: Player) -> None:
    """The countdown."""
    status = await line.ask(_get("/", player))
    assert status == 200, status


async def _read(heard: Heard, line: Line, player: Player, after: float) -> None:
    await asyncio.sleep(after)
    for path in PATHS:
        began = time.perf_counter()
        status = await line.ask(_get(path, player))
        heard.seconds.append(time.perf_counter() - began)
        if status != 200:
            heard.wrong[status] = heard.wrong.get(status, 0) + 1


def _get(path: str, player: Player) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nCookie: {player.cookie}\r\n\r\n".encode()


def _end(pages: list[Socket], lines: list[Line]) -> int:
    lost = sum(page.is_lost for page in pages)
    for one in (*pages, *lines):
        one.close()
    return lost
