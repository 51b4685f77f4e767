"""The dashboard: how is the hunt, and who needs us?"""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.rules.wording import sentence
from app.services.browsing_versions import count_warnings
from app.services.overseeing import Minute, Overview, oversee
from app.services.restock_runs import Run, latest_run
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import first_page, render_admin
from app.views.pages.admin import Bar, DashboardPage, NavLink, RestockNote, Stuck
from app.views.visit import Visit, ports, visit

WIDTH, HEIGHT = 600.0, 120.0
QUICK = {
    "lockdown": sentence("Close or open something"),
    "broadcasts": sentence("Tell everybody something"),
    "announcements": sentence("Announce or correct"),
    "content": sentence("Restock or roll back"),
    "hint_queue": sentence("Answer questions"),
    "teams": sentence("Help a team"),
}


@admin.get("/")
@role("helper", "writer")
def dashboard() -> str | BaseResponse:
    """How is the hunt? Helpers and writers are led to their own pages."""
    if not visit().is_admin:
        return redirect(first_page(), 303)
    return render_admin("admin/dashboard.html", _page(visit(), oversee(ports()), latest_run(ports())))


def _page(seen: Visit, found: Overview, run: Run | None) -> DashboardPage:
    top = max([minute.guesses for minute in found.minutes] + [minute.solves for minute in found.minutes] + [4])
    return DashboardPage(
        active_teams=found.active_teams,
        teams=found.teams,
        online_clients=found.online.clients,
        online_teams=found.online.teams,
        bars=tuple(_bars(found.minutes, top)),
        guesses=sum(minute.guesses for minute in found.minutes),
        solves=sum(minute.solves for minute in found.minutes),
        top=top,
        stuck=tuple(_stuck(seen, found)),
        open_requests=found.open_requests,
        oldest_request_at=found.oldest_request_at,
        hint_queue_url=optional_url("hint_queue"),
        content_version=seen.content.version,
        warnings=count_warnings(ports(), seen.content.version),
        restock=note_of(run),
        links=tuple(_quick_links()),
    )


def _quick_links() -> Iterable[NavLink]:
    """What is needed in a hurry, as far as there is a page for it."""
    for endpoint, title in QUICK.items():
        url = optional_url(endpoint)
        if url:
            yield NavLink(title, url, is_here=False)


def optional_url(endpoint: str, **values: object) -> str:
    """The address of a page of this blueprint, or nothing where there is no such page."""
    is_there = f"admin.{endpoint}" in current_app.view_functions
    return url_for(f"admin.{endpoint}", **values) if is_there else ""  # type: ignore[arg-type]


def note_of(run: Run | None) -> RestockNote:
    """The last restock in one line."""
    if run is None:
        return RestockNote("none")
    told = (run.state, run.by, run.source, run.started_at, run.step_in_words, run.version)
    return RestockNote(*told, faults=run.fault_count, warnings=run.warning_count)


def _bars(minutes: tuple[Minute, ...], top: int) -> Iterable[Bar]:
    """Guesses as a wide bar, solves as a narrow one in front of it."""
    width = WIDTH / max(1, len(minutes))
    for place, minute in enumerate(minutes):
        guesses, solves = HEIGHT * minute.guesses / top, HEIGHT * minute.solves / top
        heights = (round(HEIGHT - guesses, 1), round(guesses, 1), round(HEIGHT - solves, 1), round(solves, 1))
        yield Bar(minute.at, minute.guesses, minute.solves, round(place * width, 1), *heights)


def _stuck(seen: Visit, found: Overview) -> Iterable[Stuck]:
    for one in found.stuck:
        minutes = int((seen.now - one.since).total_seconds()) // 60
        url = url_for("admin.log", team=f"#{one.team_id}") if "admin.log" in current_app.view_functions else ""
        figures = (one.team_id, one.display_name, one.since, minutes, one.guesses)
        yield Stuck(*figures, has_solved=one.solved_at is not None, url=url)
