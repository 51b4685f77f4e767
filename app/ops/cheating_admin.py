"""The page of the cheating report."""

from __future__ import annotations

from app.ops.cheating import MOST_TEAMS_SHOWN, look_for_signs
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import render_admin
from app.web.visit import ports


@admin.get("/cheating")
@role("admin")
def cheating() -> str:
    return render_admin(
        "ops/cheating.html", found=look_for_signs(ports().database, ports().clock), most_teams=MOST_TEAMS_SHOWN
    )
