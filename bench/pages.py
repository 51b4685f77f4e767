"""What a puzzle page costs: its statements, and its processor time against a bare Flask page of equal size.

The page is that of a team in the middle of the hunt, asked for over HTTP on a kept connection; the bare page is
:mod:`bench.yardstick`. Both servers are asked in turns.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench.client import Client
from bench.ground import MADE_PAGE, PAGE, PUZZLE, Ground
from bench.meter import cpu_seconds
from bench.tables import Row, Table, quiet, quiet_row
from tests.support import processes
from tests.support.environment import ROOT, environment

REQUESTS = 25
MOST_TIMES_KEPT, MOST_TIMES_MADE = 0.45, 1.3


def measure(place: Ground) -> Table:
    """The cost of a puzzle page."""
    team = place.clients[0]
    size = len(team.get(PAGE))
    with bare_server(place, size) as bare:
        server = place.server.process.pid
        asked: tuple[tuple[int, Callable[[], object]], ...] = (
            (bare.process, lambda: bare.client.get("/")),
            (server, lambda: team.get(PAGE)),
            (server, lambda: team.get(MADE_PAGE)),
        )
        for process, ask in asked:
            cost(process, ask)
        turns = [[cost(process, ask) for process, ask in asked] for _ in range(place.rounds)]
    low, kept, made = ([1000 * turn[which] for turn in turns] for which in range(3))
    return Table(
        f"A puzzle page of {size / 1000:.1f} kB",
        (
            Row("statements", statements(place), "", 1, 0),
            quiet_row("bare page", low, "ms CPU"),
            quiet_row("puzzle page, kept", kept, "ms CPU"),
            quiet_row("puzzle page, made", made, "ms CPU"),
            Row("kept against bare", quiet(kept) / quiet(low), "", MOST_TIMES_KEPT),
            Row("made against bare", quiet(made) / quiet(low), "", MOST_TIMES_MADE),
        ),
    )


def cost(process: int, ask: Callable[[], object], requests: int = REQUESTS) -> float:
    """Processor seconds of the process for each of so many requests."""
    before = cpu_seconds(process)
    for _ in range(requests):
        ask()
    return (cpu_seconds(process) - before) / requests


def statements(place: Ground) -> int:
    """How many statements the program sends for one page, as its own driver counts them."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    cookie = place.cookie(place.team_ids()[0]).partition("=")[2]
    browser = place.app.test_client()
    browser.set_cookie("session", cookie)
    browser.get(PAGE)
    engine = place.ports.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        reply = browser.get(PAGE)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert reply.status_code == 200, reply.status_code
    return len(seen)


class Bare:
    """The running yardstick."""

    def __init__(self, client: Client, process: int) -> None:
        self.client, self.process = client, process


@contextlib.contextmanager
def bare_server(place: Ground, size: int) -> Iterator[Bare]:
    """The yardstick as a process of its own."""
    port = processes.free_port()
    team, puzzle = place.team_ids()[0], place.ports.in_force.content.puzzles_by_key[PUZZLE].id
    command = [sys.executable, "-m", "bench.yardstick", str(port), str(size), str(team), puzzle]
    with tempfile.TemporaryDirectory(prefix="infinity-bench-") as folder:
        log = Path(folder) / "yardstick.log"
        process = processes.start(command, log, env=environment(place.database_url), cwd=ROOT)
        client = Client(port)
        try:
            processes.wait_until(lambda: processes.accepts(port), process, log)
            assert len(client.get("/")) > size * 0.9, "the bare page is smaller than the page it is compared with"
            yield Bare(client, process.pid)
        finally:
            client.close()
            process.kill()
            process.wait()
