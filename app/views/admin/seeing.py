"""See the site as a team does: begin, and stop. Meanwhile the session can write nothing."""

from __future__ import annotations

from flask import redirect, session
from werkzeug.wrappers import Response as BaseResponse

from app.middleware.team_reload import EYES
from app.rules.wording import sentence
from app.services.seeing import begin_seeing
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import done
from app.views.visit import our_team, ports, visit


@admin.post("/teams/<int:number>/see")
@role("admin")
def see_as(number: int) -> BaseResponse:
    """Look through this team's eyes."""
    begin_seeing(ports(), number, our_team().name, visit().address)
    session[EYES] = number
    return redirect("/game", 303)


@admin.post("/see/stop")
@role("admin")
def stop_seeing() -> BaseResponse:
    """Look through one's own eyes again."""
    number = session.pop(EYES, None)
    message = sentence("You see the site as yourself again.")
    return done(message, "team", number=number) if isinstance(number, int) else done(message, "teams")
