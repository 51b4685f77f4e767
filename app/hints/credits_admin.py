"""Admin page: hint credits for all teams, a division or one team; the number of teams is shown before."""

from __future__ import annotations

import secrets

from flask import request
from werkzeug.wrappers import Response as BaseResponse

from app.core.text import counted, sentence
from app.hints.credits import GrantInvalid, count_teams, grant_credits
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.languages import told
from app.web.visit import our_team, ports, visit

MOST_REASON = 150


@admin.get("/hints/credits")
@role("admin")
def hint_credits() -> str:
    return _show()


@admin.post("/hints/credits/review")
@role("admin")
def review_credits() -> str | tuple[str, int]:
    """Asks; gives nothing."""
    try:
        teams = count_teams(ports().for_hunt, *_asked())
    except GrantInvalid as why:
        return _show(str(why)), 400
    return _show(teams=teams)


@admin.post("/hints/credits")
@role("admin")
def give_credits() -> BaseResponse | tuple[str, int]:
    """Idempotent by the form's key."""
    audience, amount = _asked()
    try:
        count = grant_credits(
            ports().for_hunt,
            audience,
            amount,
            our_team().name,
            reason=request.form.get("reason", "")[:MOST_REASON],
            address=visit().address,
            once=request.form.get("once", "")[:40],
        )
    except GrantInvalid as why:
        return _show(str(why)), 400
    return done(counted("Done: %(count)s team.", "Done: %(count)s teams.", count), "hint_credits")


def _asked() -> tuple[str, int]:
    text = request.form.get("amount", "").strip()
    is_number = text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < 6
    return request.form.get("audience", ""), int(text) if is_number else 0


def _show(problem: str = "", teams: int | None = None) -> str:
    options = [("all", told(sentence("All teams")))]
    options += [(f"division:{one.code}", one.name) for one in visit().content.divisions]
    audience = request.form.get("audience", "all")
    return render_admin(
        "hints/credits.html",
        "hint_queue",
        audiences=options,
        audience=audience,
        audience_name=dict(options).get(audience, audience),
        amount=request.form.get("amount", ""),
        reason=request.form.get("reason", "")[:MOST_REASON],
        once=secrets.token_urlsafe(12),
        most_reason=MOST_REASON,
        problem=problem,
        teams=teams,
    )
