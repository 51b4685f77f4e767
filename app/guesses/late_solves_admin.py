"""The page for late solves."""

from __future__ import annotations

from werkzeug.wrappers import Response as BaseResponse

from app.core.text import counted, sentence
from app.guesses.late_solves import count_late_solves, find_late_solves
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.visit import our_team, ports, visit


@admin.get("/late-solves")
@role("admin")
def late_solves() -> str:
    return render_admin(
        "guesses/late_solves.html", "settings", found=find_late_solves(ports().database, ports().in_force)
    )


@admin.post("/late-solves")
@role("admin")
def do_count_late_solves() -> BaseResponse:
    found = count_late_solves(ports().for_hunt, ports().translate, our_team().name, visit().address)
    message = sentence("Nothing left to count.")
    if found:
        message = counted(
            "Counted: %(count)s solve, %(points)s points in all. The team is notified.",
            "Counted: %(count)s solves, %(points)s points in all. The teams are notified.",
            len(found),
            points=sum(one.points for one in found),
        )
    return done(message, "late_solves")
