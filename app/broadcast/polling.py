"""What a socket would have said, for pages that have none: polled once a minute, and after every time offline.

``events`` are the stored broadcasts that concern the viewer, in the form in which a socket gets them; ``last`` is the
newest one's id, to be asked with next time. What happens in passing (a teammate's solve, a guess, a score) is not kept
one by one: ``now`` says how things stand, and a page that sees it change reads itself again. For staff, ``desk``
changes with every question and report.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.broadcast import queries, stored
from app.broadcast.events import audiences_of
from app.errors import HuntError
from app.web.access import for_all
from app.web.render import xp_now
from app.web.visit import Visit, ports, visit

events = Blueprint("events", __name__)


@events.get("/events")
@for_all
def show() -> Response:
    """Everything this viewer was told after the broadcast ``?after=ID``, oldest first."""
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
    team, xp = seen.team, xp_now(seen)[0]
    figures = {"score": team.score, "xp": xp, "hint_credits": team.hint_credits}
    desk = {"desk": queries.desk_revision(ports().database)} if seen.is_staff else {}
    return {"hunt": seen.hunt_state, "solved": len(seen.state.solves), **figures, **desk}
