"""Push to open hint desks that a question or report has changed; they reload."""

from __future__ import annotations

from typing import Literal

from app.core.roles import STAFF
from app.ports import Pusher

Change = Literal["asked", "claimed", "answered", "closed", "solved", "skipped", "reported", "settled"]


def push_desk(broadcaster: Pusher, what: Change, number: int, puzzle: str) -> None:
    """After commit. ``number``: of the question or report; ``puzzle``: a key, or the id if it is gone."""
    broadcaster.push(STAFF, "desk", {"what": what, "number": number, "puzzle": puzzle})
