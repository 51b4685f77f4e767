"""The disk takes no more: nothing is written, whatever can be read is shown, and all goes on when there is room again.

The limit is one on the size of files, which the kernel refuses to exceed as it refuses to fill a disk: in the middle of
a write, with an error. A log on a disk that is really full is /dev/full.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.demo.answers import ANSWERS
from tests.runtime.faults import SETTINGS, Hunt, hunt_on, meanwhile
from tests.support import processes
from tests.support.client import JSON
from tests.support.environment import ROOT, environment
from tests.support.server import node

if TYPE_CHECKING:
    from tests.conftest import Shelves

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture(scope="module")
def hunt(shelves: Shelves) -> Iterator[Hunt]:
    with shelves["sqlite"].fresh() as url, node(url, SETTINGS) as one, hunt_on(one, url) as running:
        yield running


@contextmanager
def full_disk(process: int) -> Iterator[None]:
    """No file of this process can grow."""
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, before)


def test_on_a_full_disk_guesses_are_refused_pages_are_shown_and_nothing_is_half_done(hunt: Hunt) -> None:
    team = hunt.team("on the rocks")
    with full_disk(hunt.node.process.pid), meanwhile(hunt):
        refused = team.guess("gauges", ANSWERS["gauges"], once="once")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
        assert int(refused.headers["Retry-After"]) >= 1
        assert team.get("/game/puzzle/gauges").status_code == 200
        assert team.get("/leaderboard/teams", headers=JSON).status_code in (200, 503)
        hunt.pages_come()
    hunt.is_whole()
    reply = team.guess("gauges", ANSWERS["gauges"], once="once")
    assert (reply.status_code, reply.json()["verdict"], reply.json()["guesses_left"]) == (200, "correct", 9)
    hunt.is_whole()


def test_a_log_on_a_full_disk_stops_neither_the_start_nor_a_page(sqlite_database: str) -> None:
    env = environment(sqlite_database, {"PORT": str(processes.free_port())})
    with Path("/dev/full").open("w") as full:
        child = subprocess.Popen(
            [sys.executable, "-m", "app.runtime"], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=full, stderr=full
        )
    try:
        url = f"http://127.0.0.1:{env['PORT']}"
        processes.wait_until(lambda: processes.accepts(int(env["PORT"])), child, Path("/dev/null"))
        assert requests.get(f"{url}/page/rules", timeout=30).status_code == 200
        assert requests.get(f"{url}/nowhere", timeout=30).status_code == 404
        child.terminate()
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
