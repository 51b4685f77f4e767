"""Several processes on one socket: the dead are replaced, figures are shared, and all end together."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from app.runtime.supervisor import LONGEST_PAUSE_SECONDS, ProcessSlot
from tests.support import processes
from tests.support.redis import Redis
from tests.support.server import Node, node

BEARER = {"Authorization": "Bearer figures-please", "Connection": "close"}


@pytest.fixture
def pair(postgres_database: str, redis: Redis) -> Iterator[Node]:
    """A parent with two children."""
    settings = {"WEB_PROCESSES": "2", "REDIS_URL": redis.url, "METRICS_TOKEN": "figures-please"}
    with node(postgres_database, settings) as one:
        yield one


def children(one: Node) -> list[int]:
    """The processes that serve: children of the parent."""
    path = Path(f"/proc/{one.process.pid}/task/{one.process.pid}/children")
    return sorted(int(number) for number in path.read_text().split())


def eventually(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.05)


@pytest.mark.servers
def test_two_processes_serve_one_port_share_figures_replace_the_dead_and_end_together(pair: Node) -> None:
    eventually(lambda: len(children(pair)) == 2)
    first, second = children(pair)

    def served() -> float:
        told = requests.get(f"{pair.url}/metrics", headers=BEARER, timeout=30).text
        found = re.findall(r'infinity_request_seconds_count\{method="GET",route="-",status="404"\} (\S+)', told)
        return float(found[0]) if found else 0.0

    for _ in range(20):
        assert requests.get(f"{pair.url}/nowhere", headers={"Connection": "close"}, timeout=30).status_code == 404
    # Whichever process a scrape reaches, it tells of all: the counts never contradict each other.
    assert {served() for _ in range(8)} == {20.0}

    os.kill(first, signal.SIGKILL)
    eventually(lambda: len(set(children(pair)) - {first}) == 2)
    assert second in children(pair), "the other one went on"
    eventually(pair.is_ready)
    assert pair.stop() == 0
    assert not processes.accepts(pair.port)
    assert not Path(f"/proc/{second}").exists()


@pytest.mark.servers
def test_children_do_not_outlive_a_parent_that_was_killed(pair: Node) -> None:
    eventually(lambda: len(children(pair)) == 2)
    orphans = children(pair)
    pair.kill()
    eventually(lambda: not any(Path(f"/proc/{number}").exists() for number in orphans))


def test_a_child_that_dies_at_once_is_not_restarted_in_a_frenzy() -> None:
    place, now, pauses = ProcessSlot(), 0.0, []
    for _ in range(9):
        place.started = now
        place.has_died(now + 1)
        pauses.append(place.due - (now + 1))
        now = place.due
    assert pauses[:4] == [0.5, 1, 2, 4]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_a_child_that_served_for_a_while_is_replaced_at_once() -> None:
    place = ProcessSlot(started=100.0, pause=16.0)
    place.has_died(111.0)
    assert place.due == 111.0
    assert place.pause == 0.5
