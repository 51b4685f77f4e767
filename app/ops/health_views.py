"""/healthz, /readyz and /metrics, for balancers and Prometheus.

Exempt from the team reload, so they work without a database. Processes share their figures by
PROMETHEUS_MULTIPROC_DIR.
"""

from __future__ import annotations

import hmac
import os

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app.core.in_force import InForce
from app.database.engine import Database
from app.ops.health import DatabaseProbe
from app.web.access import for_all
from app.web.process_state import Vitals, vitals_of
from app.web.visit import ports

health = Blueprint("health", __name__)
ANSWER_SECONDS = 1.0

POOL_IN_USE = Gauge(
    "infinity_database_connections_in_use", "Connections taken from the pool", multiprocess_mode="livesum"
)
POOL_SIZE = Gauge("infinity_database_pool_size", "Connections the pool may hold", multiprocess_mode="livesum")
PROCESSES = Gauge("infinity_processes", "Processes that serve", multiprocess_mode="livesum")
READY = Gauge(
    "infinity_ready",
    "Whether every process here may be sent visitors, 1 or 0, when last asked",
    multiprocess_mode="livemin",
)
READY_CHANGES = Counter("infinity_readiness_changes", "How often a process became ready or unready")
DATABASE_UP = Gauge(
    "infinity_database_up", "Whether the database answered in time when last asked, 1 or 0", multiprocess_mode="livemin"
)
DRAINING = Gauge(
    "infinity_draining", "Whether this node is to get no new visitors, on purpose, 1 or 0", multiprocess_mode="livemax"
)
CONTENT_VERSION = Gauge("infinity_content_version", "The content version in force", multiprocess_mode="livemin")
# What the parts of the program say about themselves; summed over the processes of a node, like the pool's figures.
FURTHER = {
    "longest_collection_seconds": Gauge(
        "infinity_longest_collection_seconds",
        "The longest that the garbage collector has stopped a process since its start",
        multiprocess_mode="livemax",
    )
} | {
    name: Gauge(f"infinity_{name}", meaning, multiprocess_mode="livesum")
    for name, meaning in {
        "connections": "Open connections of visitors, sockets included",
        "connections_limit": "Connections of visitors that there may be",
        "log_lines_dropped": "Lines of the log that could not be written",
        "open_files": "Files and sockets that are open",
        "open_files_limit": "Files and sockets that the system allows",
        "kept_page_bytes": "Memory of the pages that are kept",
        "processes_cut_off": "Processes that do not hear what the others tell, because Redis does not carry it",
        "resident_memory_bytes": "Memory held",
        "requests_waiting": "Requests that wait because as many as can be are being answered",
        "requests_working": "Requests that are being answered",
        "sockets": "Open sockets of pages",
        "teams_with_sockets": "Teams with an open socket, counted in each process",
        "words_waiting_for_sockets": "Words that wait to be told to pages",
        "writes_dropped": "Small writes after an answer that found no room",
    }.items()
}


@health.get("/healthz")
@health.get("/up")  # what other deployers ask by default
@for_all
def healthz() -> Response:
    return jsonify(alive=True)


@health.get("/readyz")
@for_all
def readyz() -> tuple[Response, int]:
    """Ready for visitors, or the reasons against.

    ``/readyz?drain``: a draining node is not ready.
    """
    reasons = reasons_against()
    if "drain" in request.args and _drains():
        reasons.append("this node drains")
    answer = jsonify(ready=not reasons, reasons=reasons, version=current_app.config["VERSION"])
    return answer, 503 if reasons else 200


def reasons_against() -> list[str]:
    """The result stays in the metrics until the next check."""
    vitals = vitals_of(current_app)
    reasons = ["this process has been told to stop"] if vitals.is_draining else _faults()
    _note_readiness(vitals, is_ready=not reasons)
    return reasons


def _note_readiness(vitals: Vitals, *, is_ready: bool) -> None:
    if vitals.was_ready not in (None, is_ready):
        READY_CHANGES.inc()
    vitals.was_ready = is_ready
    READY.set(is_ready)


def _faults() -> list[str]:
    reasons = [] if ports().in_force.is_loaded else ["no content has been loaded yet"]
    does_answer = _probe().answers_within(ANSWER_SECONDS)
    DATABASE_UP.set(does_answer)
    if not does_answer:
        reasons.append("the database does not answer in time, or all connections to it are taken")
    return reasons


def _drains() -> bool:
    drain_file = current_app.extensions["config"].drain_file
    return drain_file is not None and drain_file.exists()


def _probe() -> DatabaseProbe:
    found: DatabaseProbe | None = current_app.extensions.get("probe")
    if found is None:
        found = current_app.extensions["probe"] = DatabaseProbe(ports().database)
    return found


@health.get("/metrics")
@for_all
def metrics() -> Response:
    """With the token only; 404 if none is set."""
    token = current_app.extensions["config"].metrics_token
    refusal = _refusal(token, request.headers.get("Authorization", ""))
    if refusal:
        return refusal
    measure(ports().database, ports().in_force)
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _refusal(token: str, authorization: str) -> Response | None:
    if not token:
        return Response("There is no such page.\n", 404, mimetype="text/plain")
    if not authorization:
        return Response("A token is needed.\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    given = authorization.removeprefix("Bearer ").strip()
    is_right = hmac.compare_digest(given.encode(), token.encode())
    return None if is_right else Response("That is not the token.\n", 403, mimetype="text/plain")


def _registry() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def measure(database: Database, in_force: InForce) -> None:
    """Update this process's gauges; also run by a job."""
    in_use, size = database.pool_use()
    POOL_IN_USE.set(in_use)
    POOL_SIZE.set(size)
    PROCESSES.set(1)
    vitals, drain_file = vitals_of(current_app), current_app.extensions["config"].drain_file
    DRAINING.set(vitals.is_draining or (drain_file is not None and drain_file.exists()))
    CONTENT_VERSION.set(in_force.content.version if in_force.is_loaded else 0)
    for name, gauge in vitals.gauges.items():
        FURTHER[name].set(gauge())
