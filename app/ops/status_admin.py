"""The status page."""

from __future__ import annotations

from flask import current_app

from app.content.restock_job import Run, latest_run
from app.core.text import sentence
from app.ops.status import lights, take_signs
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import render_admin
from app.web.process_state import vitals_of
from app.web.static_files import static_digest
from app.web.template_globals import hunt_time
from app.web.visit import ports, visit

SET_UP = sentence("set up")


@admin.get("/status")
@role("admin")
def status() -> str:
    config, seen, signs = current_app.extensions["config"], visit(), take_signs(ports().database, ports().clock)
    sockets = dict(signs.online.by_process)
    names = sorted({*sockets, *signs.by_name})
    restocked, gauges = latest_run(ports().database, ports().clock), vitals_of(current_app).gauges
    is_cut_off = bool(gauges.get("processes_cut_off", float)())
    return render_admin(
        "ops/status.html",
        lights=lights(
            signs, bool(config.redis_url), is_cut_off, restocked.state if restocked else "", seen.content.version
        ),
        program=current_app.config.get("VERSION", "–"),
        build=static_digest(),
        signs=signs,
        processes=[(name, sockets.get(name), signs.by_name.get(name)) for name in names],
        redis=SET_UP if config.redis_url else sentence("not set up (fine for one process)"),
        airtable=_airtable(config.has_airtable, restocked),
        content_version=seen.content.version,
        settings_revision=seen.state.settings_revision,
        figures=[(name, figure(name, gauge())) for name, gauge in sorted(gauges.items())],
    )


def figure(name: str, value: float) -> str:
    """A figure of ``/metrics`` by its name's unit: “133 MB”, “41 ms”, “10,000”."""
    if name.endswith("_bytes"):
        size = f"{value / 1_000_000:,.0f}"
        return sentence("%(size)s MB", size=size)
    return f"{value * 1000:,.0f} ms" if name.endswith("_seconds") else f"{value:,.0f}"


def _airtable(is_set_up: bool, run: Run | None) -> str:
    if not is_set_up:
        return sentence("not set up")
    if run is None or run.source != "Airtable":
        return sentence("set up, not used yet")
    if run.problem:
        return sentence(
            "last asked %(at)s: %(state)s, %(problem)s",
            at=hunt_time(run.started_at), state=run.state, problem=run.problem,
        )  # fmt: skip
    return sentence("last asked %(at)s: %(state)s", at=hunt_time(run.started_at), state=run.state)
