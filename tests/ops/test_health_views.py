"""Alive, ready, and the figures: what a balancer and Prometheus are told, inside the process."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from app.core.model import Content
from app.middleware import request_log
from app.ops.health import DatabaseProbe
from app.runtime.identity import version
from app.web.access import for_all
from app.web.process_state import vitals_of
from tests.support.client import PageClient

BEARER = {"Authorization": "Bearer figures-please"}


@pytest.fixture
def stocked(make_app: Callable[..., Flask]) -> Flask:
    """A node that has content."""
    app = make_app(METRICS_TOKEN="figures-please", DB_POOL_SIZE="2", DB_POOL_TIMEOUT="0.3")
    app.extensions["infinity"].in_force.put(Content(7, (), (), ()))
    return app


@pytest.mark.parametrize("path", ["/healthz", "/up"])
def test_a_process_is_alive_without_asking_anybody(client: PageClient, app: Flask, path: str) -> None:
    asked: list[str] = []
    event.listen(app.extensions["infinity"].database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    reply = client.get(path)
    assert (reply.status_code, reply.json) == (200, {"alive": True})
    assert "Set-Cookie" not in reply.headers
    assert asked == []


def test_without_content_a_node_is_not_ready_and_says_why(client: PageClient) -> None:
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json == {"ready": False, "reasons": ["no content has been loaded yet"], "version": version()}


def test_with_content_and_database_a_node_is_ready(stocked: Flask) -> None:
    reply = stocked.test_client().get("/readyz")
    assert (reply.status_code, reply.json) == (200, {"ready": True, "reasons": [], "version": version()})


def test_a_node_that_was_told_to_stop_is_not_ready(stocked: Flask) -> None:
    vitals_of(stocked).is_draining = True
    client = stocked.test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_draining_node_is_unready_only_for_a_balancer_that_asks_nothing_else(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    drain = tmp_path / "drain"
    app = make_app(DRAIN_FILE=str(drain))
    app.extensions["infinity"].in_force.put(Content(7, (), (), ()))
    client = app.test_client()
    assert client.get("/readyz?drain").status_code == 200
    drain.touch()
    reply = client.get("/readyz?drain")
    assert (reply.status_code, reply.json["reasons"]) == (503, ["this node drains"])  # type: ignore[index]
    assert client.get("/readyz").status_code == 200
    drain.unlink()
    assert client.get("/readyz?drain").status_code == 200


def test_a_node_whose_connections_are_all_taken_is_not_ready_and_heals(stocked: Flask) -> None:
    client, engine = stocked.test_client(), stocked.extensions["infinity"].database.engine
    held = [engine.connect(), engine.connect()]
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert "all connections to it are taken" in reply.json["reasons"][0]  # type: ignore[index]
    assert client.get("/healthz").status_code == 200
    for one in held:
        one.close()
    assert client.get("/readyz").status_code == 200


def test_a_hanging_database_is_asked_one_question_however_often_readiness_is_asked(stocked: Flask) -> None:
    may_answer, asked = threading.Event(), []

    class Hanging:
        def reading(self) -> object:
            asked.append(1)
            may_answer.wait(90)
            return stocked.extensions["infinity"].database.reading()

    probe = DatabaseProbe(Hanging())  # type: ignore[arg-type]
    started = time.monotonic()
    assert [probe.answers_within(0.05) for _ in range(5)] == [False] * 5
    assert time.monotonic() - started < 30, "nobody waited for the answer"
    assert len(asked) == 1
    may_answer.set()
    assert probe.answers_within(30)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 401),
        (BEARER, 200),
        ({"Authorization": "figures-please"}, 200),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"Authorization": "Bearer figures-please-and-more"}, 403),
        ({"Authorization": "Bearer ünïcode"}, 403),
        ({"Authorization": "Bearer "}, 403),
    ],
)
def test_the_figures_need_their_token(stocked: Flask, given: dict[str, str], status: int) -> None:
    assert stocked.test_client().get("/metrics", headers=given).status_code == status


def test_without_a_token_there_are_no_figures(client: PageClient) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_figures_tell_of_requests_connections_and_content(stocked: Flask) -> None:
    client = stocked.test_client()
    vitals_of(stocked).gauges["sockets"] = lambda: 17
    client.get("/no/such/page/secret-token")
    told = client.get("/metrics", headers=BEARER).text
    assert 'infinity_request_seconds_count{method="GET",route="-",status="404"}' in told
    assert "secret-token" not in told
    for line in (
        "infinity_content_version 7.0",
        "infinity_database_pool_size 2.0",
        "infinity_database_connections_in_use 0.0",
        "infinity_sockets 17.0",
    ):
        assert line in told.splitlines()


def figure(app: Flask, name: str) -> float:
    """What the metrics say now."""
    told = app.test_client().get("/metrics", headers=BEARER).text
    (value,) = re.findall(rf"^infinity_{name} (\S+)$", told, re.MULTILINE)
    return float(value)


def test_what_readiness_was_last_said_to_be_is_a_figure(stocked: Flask) -> None:
    client, engine = stocked.test_client(), stocked.extensions["infinity"].database.engine
    before = figure(stocked, "readiness_changes_total")
    client.get("/readyz")
    assert figure(stocked, "ready") == 1
    assert figure(stocked, "readiness_changes_total") == before, "the first word is no change"
    held = [engine.connect(), engine.connect()]
    for _ in range(2):
        client.get("/readyz")
    assert (figure(stocked, "ready"), figure(stocked, "database_up")) == (0, 0)
    for one in held:
        one.close()
    client.get("/readyz")
    assert (figure(stocked, "ready"), figure(stocked, "database_up")) == (1, 1)
    assert figure(stocked, "readiness_changes_total") == before + 2


def test_the_figures_are_told_at_once_while_all_connections_are_taken(make_app: Callable[..., Flask]) -> None:
    app = make_app(METRICS_TOKEN="figures-please", DB_POOL_SIZE="2", DB_POOL_TIMEOUT="60")
    engine = app.extensions["infinity"].database.engine
    held = [engine.connect(), engine.connect()]
    started = time.monotonic()
    assert figure(app, "database_connections_in_use") == 2
    assert time.monotonic() - started < 30, "nobody waited for a connection, which takes a minute"
    for one in held:
        one.close()


def test_a_node_that_drains_says_so_in_the_figures(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(METRICS_TOKEN="figures-please", DRAIN_FILE=str(tmp_path / "drain"), AGENT_PORT="18001")
    assert figure(app, "draining") == 0
    (tmp_path / "drain").touch()
    assert figure(app, "draining") == 1
    (tmp_path / "drain").unlink()
    vitals_of(app).is_draining = True
    assert figure(app, "draining") == 1


def test_refusals_and_faults_are_counted_from_the_first_on(stocked: Flask) -> None:
    engine = stocked.extensions["infinity"].database.engine
    busy, faults = figure(stocked, "requests_refused_as_busy_total"), figure(stocked, "faults_total")
    held = [engine.connect(), engine.connect()]
    client = stocked.test_client()
    assert (client.get("/").status_code, client.get("/readyz").status_code) == (503, 503)
    for one in held:
        one.close()
    assert figure(stocked, "requests_refused_as_busy_total") == busy + 1, "a balancer's question is not a visitor's"
    stocked.view_functions["home.front"] = for_all(lambda: 1 / 0)
    assert client.get("/").status_code == 500
    assert figure(stocked, "faults_total") == faults + 1


def test_a_strange_method_makes_no_new_figure(stocked: Flask) -> None:
    client = stocked.test_client()
    client.open("/healthz", method="BREW")
    told = client.get("/metrics", headers=BEARER).text
    assert "BREW" not in told


def test_a_request_is_one_line_of_the_log_without_what_was_typed(
    stocked: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, request_log.logger.name):
        reply = stocked.test_client().get("/no/such/secret?secret=1", headers={"X-Request-ID": "secret-forged"})
        stocked.test_client().get("/healthz")
    lines = [record for record in caplog.records if record.name == request_log.logger.name]
    assert len(lines) == 1
    told = vars(lines[0])
    assert (told["status"], told["route"], told["team"], told["address"]) == (404, "-", None, "127.0.0.1")
    assert told["request_id"] == reply.headers["X-Request-ID"]
    assert "secret" not in lines[0].getMessage()
