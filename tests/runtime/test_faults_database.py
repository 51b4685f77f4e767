"""The database is slow, hangs, or goes away and comes back: a refusal in time, and all is well soon after."""

from __future__ import annotations

import contextlib
import time
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
# A request may wait for fifteen seconds in all; the machine may be busy with other tests besides.
LONGEST_SECONDS = 20.0


class SlowCable(Cable):
    """A way to the database on which every answer takes its time."""

    seconds = 0.0

    def _pass_on(self, key: Any) -> bool:
        if self.seconds and key.fileobj.getpeername() == self._there:
            time.sleep(self.seconds)
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
        return requests.get(hunt.url + PUZZLE, cookies=team.cookies, timeout=40)

    def guess() -> requests.Response:
        form = {"answer": "owl", "once": "slowly"}
        return requests.post(hunt.url + PUZZLE, form, cookies=team.cookies, headers=token, timeout=40)

    way.seconds = 2.0
    try:
        with meanwhile(hunt):
            replies = all_at_once([page, guess] * (MANY // 2))
        unready = told(lambda: requests.get(f"{hunt.url}/readyz", timeout=5))
    finally:
        way.seconds = 0.0
    assert {one.status for one in replies} == {200, 503}
    assert all(one.is_busy for one in replies if one.status == 503)
    assert max(one.seconds for one in replies) < LONGEST_SECONDS
    assert unready.status == 503
    assert unready.seconds < 3
    hunt.is_whole()
    assert guess().status_code == 200, "the key is free again, or gets the first reply"
    assert hunt.organiser.counts("guesses", f"team_id = {hunt.organiser.id_of('patient')}") == 1


def test_a_database_that_hangs_is_given_up_in_time(hunt: Hunt, way: SlowCable) -> None:
    team = hunt.team("stranded")
    way.cut()
    try:
        with meanwhile(hunt):
            replies = all_at_once([lambda: requests.get(hunt.url + PUZZLE, cookies=team.cookies, timeout=40)] * MANY)
        assert all(one.is_busy for one in replies)
        assert max(one.seconds for one in replies) < LONGEST_SECONDS
    finally:
        way.mend()
    hunt.is_whole()


def test_a_database_that_goes_away_means_503_and_comes_back_by_itself(hunt: Hunt, cluster: Cluster) -> None:
    team = hunt.team("faithful")
    cluster.stop()
    try:
        replies = all_at_once([lambda: requests.get(hunt.url + PUZZLE, cookies=team.cookies, timeout=40)] * MANY)
        assert all(one.is_busy for one in replies), replies
        assert max(one.seconds for one in replies) < 3
        assert "<h1" in replies[0].text, "a page that needs no database"
        assert not hunt.node.is_ready()
        hunt.others_notice_nothing()
    finally:
        cluster.start()
    hunt.is_whole()
    assert team.get(PUZZLE).status_code == 200, "nobody is logged out by it"
