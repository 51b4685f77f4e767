"""What open hint desks are told: that a question or a report has changed. They read the page again."""

from __future__ import annotations

from typing import Literal

from app.core.roles import STAFF
from app.ports import Pusher

Change = Literal["asked", "claimed", "answered", "closed", "solved", "reported", "settled"]


def push_desk(broadcaster: Pusher, what: Change, number: int, puzzle: str) -> None:
    """After commit. ``number`` is the question's, or the report's; ``puzzle`` a key, or the id of one that is gone."""
    broadcaster.push(STAFF, "desk", {"what": what, "number": number, "puzzle": puzzle})
