"""Status: how does the machine do?"""

from __future__ import annotations

from flask import current_app

from app.rules.wording import sentence
from app.services.restock_runs import Run, latest_run
from app.services.vital_signs import VitalSigns, take_signs
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.pages.admin_logs import JobRow, ProcessRow, StatusPage
from app.views.static_files import static_digest
from app.views.visit import ports, visit
from app.views.vitals import vitals_of
from app.views.words import hunt_time


@admin.get("/status")
@role("admin")
def status() -> str:
    """How does the machine do?"""
    return render_admin("admin/status.html", _page(take_signs(ports()), latest_run(ports())))


SET_UP = sentence("set up")


def _page(signs: VitalSigns, run: Run | None) -> StatusPage:
    config, seen = current_app.extensions["config"], visit()
    return StatusPage(
        program=f"{current_app.config.get('VERSION', '')} ({static_digest()})".strip(),
        database=signs.database,
        connections=signs.connections,
        connections_limit=signs.connections_limit,
        processes=_processes(signs),
        pool_in_use=signs.pool_in_use,
        pool_size=signs.pool_size,
        clients=signs.online.clients,
        teams=signs.online.teams,
        redis=SET_UP if config.redis_url else sentence("not set up: live pages work within one process only"),
        airtable=_airtable(config.has_airtable, run),
        jobs=tuple(JobRow(one.name, one.node, one.started_at, one.finished_at, one.problem) for one in signs.jobs),
        content_version=seen.content.version,
        settings_revision=seen.state.settings_revision,
        figures=tuple((name, figure(name, gauge())) for name, gauge in sorted(vitals_of(current_app).gauges.items())),
    )


def figure(name: str, value: float) -> str:
    """A figure of ``/metrics`` as people read it, by the unit in its name: “133 MB”, “41 ms”, “10,000”."""
    if name.endswith("_bytes"):
        return f"{value / 1_000_000:,.0f} MB"
    return f"{value * 1000:,.0f} ms" if name.endswith("_seconds") else f"{value:,.0f}"


def _processes(signs: VitalSigns) -> tuple[ProcessRow, ...]:
    sockets = dict(signs.online.by_process)
    names = sorted({*sockets, *signs.by_name})
    return tuple(ProcessRow(name, sockets.get(name), signs.by_name.get(name)) for name in names)


def _airtable(is_set_up: bool, run: Run | None) -> str:
    if not is_set_up:
        return sentence("not set up: content comes from the file")
    if run is None or run.source != "Airtable":
        return sentence("set up; it has not been asked from the pages yet")
    if run.problem:
        return sentence(
            "last asked %(at)s: %(state)s, %(problem)s",
            at=hunt_time(run.started_at), state=run.state, problem=run.problem,
        )  # fmt: skip
    return sentence("last asked %(at)s: %(state)s", at=hunt_time(run.started_at), state=run.state)
