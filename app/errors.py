"""Refusals: every way the site says no, in one table, as a page or as JSON.

A service raises a named error; :data:`TABLE` says with which code, status and words the outside hears of it. Anything
that is not in the table is a fault of ours: a 500 with a request id and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.rules.wording import sentence

STATUSES = {
    "invalid_answer": 400, "invalid_form": 400, "login_required": 401, "not_running": 403, "locked_down": 403,
    "banned": 403, "forbidden": 403, "not_found": 404, "method_not_allowed": 405, "already_solved": 409,
    "insufficient_xp": 409, "no_credits": 409, "no_hint_left": 409, "conflict": 409, "too_large": 413, "too_slow": 408,
    "rate_limited": 429, "internal": 500, "busy": 503, "not_ready": 503,
}  # fmt: skip

TITLES = {
    "invalid_answer": sentence("That cannot be an answer"),
    "invalid_form": sentence("Something is missing"),
    "login_required": sentence("Please log in"),
    "not_running": sentence("Not yet"),
    "locked_down": sentence("Closed for the moment"),
    "banned": sentence("This account is closed"),
    "forbidden": sentence("This is not open to you"),
    "not_found": sentence("There is nothing here"),
    "method_not_allowed": sentence("That does not work here"),
    "already_solved": sentence("Already solved"),
    "insufficient_xp": sentence("Not enough XP"),
    "no_credits": sentence("No hint credits left"),
    "no_hint_left": sentence("No hint to take"),
    "conflict": sentence("Somebody was faster"),
    "too_large": sentence("That is too large"),
    "too_slow": sentence("That took too long"),
    "rate_limited": sentence("Slow down a little"),
    "internal": sentence("That went wrong on our side"),
    "busy": sentence("Very busy just now"),
    "not_ready": sentence("Not ready yet"),
}


@dataclass
class Refusal(Exception):
    """The site says no: a code of the table, a sentence for people, and what a program needs to know besides.

    ``extra`` joins the JSON error object (``fields``, ``have``, ``need``); ``retry_after`` is in seconds.
    """

    code: str
    message: str
    extra: dict[str, Any] = field(default_factory=dict)
    retry_after: int | None = None

    @property
    def status(self) -> int:
        """The HTTP status of this refusal."""
        return STATUSES[self.code]

    @property
    def title(self) -> str:
        """A few words for the page's heading."""
        return TITLES[self.code]

    def as_json(self) -> dict[str, Any]:
        """The body for programs."""
        return {"error": {"code": self.code, "message": self.message, **self.extra}}


def not_found() -> Refusal:
    """What locked and unknown have in common: the very same words."""
    return Refusal("not_found", sentence("There is no such page, or it is not open to you yet."))


def busy(retry_after: int = 2) -> Refusal:
    """Something was full or did not answer in time; nothing was changed."""
    words = sentence("The site is very busy just now. Nothing was lost: please try again in a moment.")
    return Refusal("busy", words, retry_after=retry_after)
