"""Start and stop impersonation; meanwhile the session is read-only."""

from __future__ import annotations

from flask import redirect, session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.impersonation import begin_seeing
from app.core.text import sentence
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done
from app.web.sessions import EYES
from app.web.visit import our_team, ports, visit


@admin.post("/teams/<int:number>/see")
@role("admin")
def see_as(number: int) -> BaseResponse:
    begin_seeing(ports().database, ports().clock, number, our_team().name, visit().address)
    session[EYES] = number
    return redirect("/game", 303)


@admin.post("/see/stop")
@role("admin")
def stop_seeing() -> BaseResponse:
    number = session.pop(EYES, None)
    message = sentence("You see the site as yourself again.")
    return done(message, "team", number=number) if isinstance(number, int) else done(message, "teams")
