"""Nothing ends with a database connection taken: no route, no event of a socket, no job. Who does is named."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection

from app.accounts.roles import create_or_promote_admin
from app.ops import scheduler
from app.ops.jobs import JOBS, Job
from app.ports import Ports
from tests.demo.answers import ANSWERS
from tests.support.client import JSON, PASSWORD, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin, path_of, rules
from tests.support.pool import ConnectionLeftOut, watch_pool
from tests.support.sockets import OpenPage

OPEN = {"puzzle": "gauges", "level": "quay"}
# Ends the visit of whoever walks.
LEAVES = {"/account/logout"}


@pytest.fixture
def site(app: Flask, clock: FixedClock) -> Flask:
    begin(app, clock)
    return app


@pytest.fixture
def walkers(site: Flask) -> dict[str, PageClient]:
    """A visitor, a team and an admin."""
    with site.app_context():
        create_or_promote_admin(
            site.extensions["infinity"].database,
            site.extensions["infinity"].in_force,
            site.extensions["infinity"].clock,
            site.extensions["infinity"].hasher,
            "chief",
            PASSWORD,
            actor="tests",
        )
    found: dict[str, Any] = {who: site.test_client() for who in ("visitor", "team", "admin")}
    assert found["team"].register("walkers").status_code == 303
    assert found["admin"].login("chief").status_code == 303
    return found


@pytest.mark.parametrize("who", ["visitor", "team", "admin"])
def test_no_route_ends_with_a_connection_out(site: Flask, walkers: dict[str, PageClient], who: str) -> None:
    client, watch = walkers[who], watch_pool(site)
    answered = 0
    for rule in rules(site, "GET"):
        for headers in ({}, JSON):
            # The client complains by itself; a streamed answer gives its connection back when it has been read.
            with watch.all_back_after(f"GET {rule.rule} by {who}"):
                reply = client.get(path_of(rule, **OPEN), headers=headers)
                reply.get_data()
                reply.close()
            answered += reply.status_code < 400
    for rule in rules(site, "POST"):
        if rule.rule not in LEAVES:
            client.send_json(path_of(rule, **OPEN), {"answer": "owl", "name": "x", "password": "y", "pay": "credit"})
    assert answered > 10
    assert watch.all_out() == []


def test_no_outcome_of_a_guess_leaves_a_connection_out(site: Flask, walkers: dict[str, PageClient]) -> None:
    team = walkers["team"]
    said = [team.guess("gauges", answer).status_code for answer in ("owl", "owl", "!", ANSWERS["gauges"], "owl")]
    assert said == [200, 200, 400, 200, 409]
    assert watch_pool(site).all_out() == []


def test_no_event_of_a_socket_ends_with_a_connection_out(site: Flask, walkers: dict[str, PageClient]) -> None:
    watch = watch_pool(site)
    for client in (walkers["team"], None):
        with watch.all_back_after("connecting"):
            page = OpenPage(site, client)
        for word in ('["seen",{"id":1}]', '["catch_up",{"after":0}]', '["catch_up","nonsense"]', '["else",1]', "{}"):
            with watch.all_back_after(word):
                page.send_raw(f"2{word}")
        with watch.all_back_after("disconnecting"):
            page.disconnect()
    assert watch.all_out() == []


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_no_job_ends_with_a_connection_out(site: Flask, job: Job) -> None:
    with watch_pool(site).all_back_after(job.name):
        scheduler.run(site, job, "a")
    assert watch_pool(site).all_out() == []


def forget(ports: Ports, kept: list[Connection]) -> None:
    kept.append(ports.database.engine.connect())


def test_whoever_forgets_a_connection_is_named(site: Flask, clock: FixedClock) -> None:
    kept: list[Connection] = []
    leaking = Job("forgetful", 1, lambda ports: forget(ports, kept), is_shared=False)
    act: Callable[[], None] = lambda: scheduler.run(site, leaking, "a")  # noqa: E731
    with pytest.raises(ConnectionLeftOut, match=r"forgetful ended with 1 .* test_connections_out\.py:\d+ forget <"):
        complain(site, act)
    endpoint = next(rule.endpoint for rule in rules(site, "GET") if rule.rule == "/")
    view = site.view_functions[endpoint]

    @wraps(view)
    def forgetful() -> Any:
        forget(site.extensions["infinity"], kept)
        return view()

    site.view_functions[endpoint] = forgetful
    try:
        with pytest.raises(ConnectionLeftOut, match="forget"):
            site.test_client().get("/")
    finally:
        for connection in kept:
            connection.close()


def complain(site: Flask, act: Callable[[], None]) -> None:
    with watch_pool(site).all_back_after("forgetful"):
        act()
