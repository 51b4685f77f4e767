"""Signs of cheating: what looks odd? Reported, never acted upon."""

from __future__ import annotations

from app.services.suspecting import MOST_TEAMS_SHOWN, look_for_signs
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.visit import ports


@admin.get("/cheating")
@role("admin")
def cheating() -> str:
    """What looks odd?"""
    return render_admin("admin/cheating.html", found=look_for_signs(ports()), most_teams=MOST_TEAMS_SHOWN)
