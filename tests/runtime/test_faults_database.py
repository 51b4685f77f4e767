"""The database is slow, hangs, or goes away and comes back: a refusal in time, and all is well soon after."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.deploy.cable import Cable
from tests.runtime.faults import SETTINGS, Hunt, all_at_once, hunt_on, meanwhile, told
from tests.support import processes
from tests.support.databases import PostgresShelf
from tests.support.postgres import Cluster, postgres_cluster
from tests.support.server import node

pytestmark = [pytest.mark.servers, pytest.mark.slow]
PUZZLE = "/game/puzzle/gauges"
MANY = 12
# A request may wait for fifteen seconds in all; without that rule it would wait for ever.
LONGEST_SECONDS = 90.0


class SlowCable(Cable):
    """A way to the database on which every answer takes its time."""

    seconds = 0.0
    is_over = threading.Event()

    @contextlib.contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """For the length of a ``with``, whose end nobody has to wait for."""
        self.is_over.clear()
        self.seconds = seconds
        try:
            yield
        finally:
            self.seconds = 0.0
            self.is_over.set()

    def _pass_on(self, key: Any) -> bool:
        if self.seconds and key.fileobj.getpeername() == self._there:
            self.is_over.wait(self.seconds)
        return super()._pass_on(key)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that these tests may stop."""
    with postgres_cluster() as one:
        yield one


@pytest.fixture(scope="module")
def way(cluster: Cluster) -> Iterator[SlowCable]:
    """The way to it."""
    one = SlowCable(("127.0.0.1", processes.free_port()), ("127.0.0.1", cluster.port))
    yield one
    one.close()


@pytest.fixture(scope="module")
def hunt(cluster: Cluster, way: SlowCable) -> Iterator[Hunt]:
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(PostgresShelf(lambda: cluster).fresh())
        port = way.door.getsockname()[1]
        by_the_way = url.replace(f":{cluster.port}/", f":{port}/")
        one = stack.enter_context(node(by_the_way, SETTINGS))
        yield stack.enter_context(hunt_on(one, url))


def test_a_slow_database_means_503_in_time_and_stops_nobody_else(hunt: Hunt, way: SlowCable) -> None:
    team = hunt.team("patient")
    token = {"X-CSRFToken": team.token(PUZZLE), "Accept": "application/json"}

    def page() -> requests.Response:
        return requests.get(hunt.url + PUZZLE, cookies=team.cookies, timeout=LONGEST_SECONDS)

    def guess() -> requests.Response:
        form = {"answer": "owl", "once": "slowly"}
        return requests.post(hunt.url + PUZZLE, form, cookies=team.cookies, headers=token, timeout=LONGEST_SECONDS)

    with way.slow(2), meanwhile(hunt):
        replies = all_at_once([page, guess] * (MANY // 2))
    with way.slow(90):
        unready = told(lambda: requests.get(f"{hunt.url}/readyz", timeout=30))
    assert {one.status for one in replies} == {200, 503}
    assert all(one.is_busy for one in replies if one.status == 503)
    assert unready.status == 503, "after a second, not when the database has answered"
    hunt.is_whole()
    assert guess().status_code == 200, "the key is free again, or gets the first reply"
    assert hunt.organiser.counts("guesses", f"team_id = {hunt.organiser.id_of('patient')}") == 1


def test_a_database_that_hangs_is_given_up_in_time(hunt: Hunt, way: SlowCable) -> None:
    team = hunt.team("stranded")
    way.cut()
    try:
        with meanwhile(hunt):
            replies = all_at_once(
                [lambda: requests.get(hunt.url + PUZZLE, cookies=team.cookies, timeout=LONGEST_SECONDS)] * MANY
            )
        assert all(one.is_busy for one in replies)
    finally:
        way.mend()
    hunt.is_whole()


def test_a_database_that_goes_away_means_503_and_comes_back_by_itself(hunt: Hunt, cluster: Cluster) -> None:
    team = hunt.team("faithful")
    cluster.stop()
    try:
        replies = all_at_once(
            [lambda: requests.get(hunt.url + PUZZLE, cookies=team.cookies, timeout=LONGEST_SECONDS)] * MANY
        )
        assert all(one.is_busy for one in replies), replies
        assert max(one.seconds for one in replies) < 15, "nobody waits for a connection that is refused"
        assert "<h1" in replies[0].text, "a page that needs no database"
        assert not hunt.node.is_ready()
        hunt.others_notice_nothing()
    finally:
        cluster.start()
    hunt.is_whole()
    assert team.get(PUZZLE).status_code == 200, "nobody is logged out by it"
