"""How much memory one serving process takes, with the demo hunt and with 300 puzzles in it, after some load."""

from __future__ import annotations

import time

from app.content.restock import restock
from bench.ground import PAGE, Ground
from bench.hunts import made_up_hunt
from bench.meter import memory_mb, most_memory_mb
from bench.tables import Row, Table

MOST_MB = 150.0
PAGES = ("/", "/game", PAGE, "/leaderboard", "/announcements", "/story", "/account")


def measure(place: Ground) -> Table:
    """The memory of the real process."""
    process = place.server.process.pid
    _load(place, PAGES)
    small = memory_mb(process)
    with place.app.app_context():
        restock(place.ports.for_content, made_up_hunt(300, 99), "bench")
    _wait_for_content(place)
    _load(place, ("/", "/game", "/game/puzzle/puzzle-0", "/leaderboard"))
    rows = (
        Row("with the demo hunt, after some load", small, "MB", MOST_MB, 0),
        Row("with 300 puzzles, after some load", memory_mb(process), "MB", MOST_MB, 0),
        Row("the most it ever had", most_memory_mb(process), "MB", digits=0),
    )
    return Table("Memory of one process", rows)


def _load(place: Ground, paths: tuple[str, ...]) -> None:
    for client in place.clients:
        for path in paths:
            client.get(path)


def _wait_for_content(place: Ground) -> None:
    deadline = time.monotonic() + 10
    while b"Level 0" not in place.clients[0].get("/game"):
        assert time.monotonic() < deadline, "the new content never came into force"
        time.sleep(0.1)
