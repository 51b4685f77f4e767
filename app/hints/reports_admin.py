"""The hint desk's problem reports. Writers see those about their puzzles."""

from __future__ import annotations

from flask import request, url_for

from app.core.text import sentence
from app.hints import reports
from app.hints.admin import Answer, own_puzzles
from app.hints.report_queries import OPEN
from app.hints.reports import CORRECT, ERRATUM
from app.hints.requests import Staff
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import act, render_admin
from app.web.filters import argument
from app.web.visit import our_team, ports, visit

VIEWS = {"open": (OPEN,), "settled": (CORRECT, ERRATUM)}
TITLES = {"open": sentence("Open"), "settled": sentence("Settled")}
ROWS = 50


@admin.get("/problems")
@role("helper", "writer")
def problem_reports() -> str:
    return _list(argument("show"))


@admin.post("/problems/<int:number>/settle")
@role("helper", "writer")
def settle_problem(number: int) -> Answer:
    reports.find_report(ports().database, number, own_puzzles())
    before = request.form.get("before", OPEN)

    def run() -> str:
        state, note, team = request.form.get("state", ""), request.form.get("note", ""), our_team()
        staff = Staff(team.id, team.name, visit().address)
        reports.settle(
            ports().for_hunt, ports().postman, ports().translate, number, staff, state, before=before, note=note
        )
        return sentence("Settled. The team was notified.")

    show = "open" if before == OPEN else "settled"
    return act(run, lambda problem: _list(show, problem, number), "problem_reports", show=show)


def _list(asked: str, problem: str = "", number: int | None = None) -> str:
    """``number``: the report whose form was refused; its input is kept."""
    shown = asked if asked in VIEWS else "open"
    page = max(1, min(request.args.get("page", 1, type=int) or 1, 10_000))
    found = reports.list_reports(ports().database, VIEWS[shown], ROWS + 1, ROWS * (page - 1), own_puzzles())
    counts = reports.count_reports(ports().database, own_puzzles())
    return render_admin(
        "hints/reports.html",
        "problem_reports",
        rows=found[:ROWS],
        shown=shown,
        states=reports.STATES,
        views=[
            (TITLES[name], sum(counts.get(state, 0) for state in states), url_for("admin.problem_reports", show=name),
             name == shown)
            for name, states in VIEWS.items()
        ],
        older_url=url_for("admin.problem_reports", show=shown, page=page + 1) if len(found) > ROWS else "",
        problem=problem,
        refused=number,
        typed=request.form.get("note", ""),
    )  # fmt: skip
