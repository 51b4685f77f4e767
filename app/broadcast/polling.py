"""Polling for pages without a socket: once a minute, and after being offline."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.broadcast import queries, stored
from app.broadcast.events import audiences_of
from app.errors import HuntError
from app.web.access import for_all
from app.web.render import xp_of
from app.web.visit import Visit, ports, visit

events = Blueprint("events", __name__)

# ``events``: stored broadcasts as a socket gets them; ``last``: the newest id, for the next poll; ``now``: the hunt's
# state and the team's totals, a page that sees a change reloads; ``desk`` (staff) changes with each question or report.


@events.get("/events")
@for_all
def show() -> Response:
    seen, after = visit(), _number(request.args.get("after", ""))
    team = seen.team
    audiences = audiences_of(team.id, team.division) if team else audiences_of(None)
    # Nothing newer has been sent to anybody: the visit's own query has said so.
    found = stored.missed(ports().database, audiences, after) if after < seen.state.last_event else ()
    return jsonify(events=found, last=queries.newest_id(ports().database, audiences), now=_standing(seen))


def _number(text: str) -> int:
    if text and not re.fullmatch(r"[0-9]{1,18}", text):
        raise HuntError("invalid_form", "“after” is the number of a broadcast.", fields={"after": "a number"})
    return int(text or "0")


def _standing(seen: Visit) -> dict[str, Any]:
    if seen.team is None:
        return {"hunt": seen.hunt_state}
    team, xp = seen.team, xp_of(seen).xp
    figures = {"score": team.score, "xp": xp, "hint_credits": team.hint_credits}
    desk = {"desk": queries.desk_revision(ports().database)} if seen.is_staff else {}
    return {"hunt": seen.hunt_state, "solved": len(seen.state.solves), **figures, **desk}
