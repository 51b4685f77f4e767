"""Errors with a code and a sentence for the user. Any other exception is a bug: a 500 with a request id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.text import sentence

# Error code to HTTP status and page heading.
CODES = {
    "invalid_answer": (400, sentence("That can’t be an answer")),
    "invalid_form": (400, sentence("Something is missing")),
    "login_required": (401, sentence("Please log in")),
    "not_running": (403, sentence("Not yet")),
    "locked_down": (403, sentence("Closed for now")),
    "banned": (403, sentence("This account is suspended")),
    "forbidden": (403, sentence("You don’t have access to this page")),
    "not_found": (404, sentence("Page not found")),
    "method_not_allowed": (405, sentence("That doesn’t work here")),
    "too_slow": (408, sentence("That took too long")),
    "already_solved": (409, sentence("Already solved")),
    "insufficient_xp": (409, sentence("Not enough XP")),
    "no_credits": (409, sentence("No hint credits left")),
    "no_hint_left": (409, sentence("No hint to take")),
    "conflict": (409, sentence("Someone got there first")),
    "too_large": (413, sentence("That’s too large")),
    "rate_limited": (429, sentence("Too many attempts")),
    "internal": (500, sentence("Something went wrong on our side")),
    "busy": (503, sentence("We’re very busy right now")),
    "not_ready": (503, sentence("Not ready yet")),
}


class HuntError(Exception):
    """A subclass may set ``code``, ``message`` and ``retry_after`` (seconds).

    ``extra`` extends the JSON error object: ``fields`` (a sentence for each form field), ``have``, ``need``.
    """

    code = "internal"
    message: str = ""
    retry_after: int | None = None

    def __init__(self, code: str = "", message: str = "", *, retry_after: int | None = None, **extra: Any) -> None:
        self.code = code or self.code
        self.message = message or self.message
        self.retry_after = self.retry_after if retry_after is None else retry_after
        self.extra = extra
        super().__init__(self.message)

    @property
    def status(self) -> int:
        return CODES[self.code][0]

    @property
    def title(self) -> str:
        return CODES[self.code][1]

    @property
    def belongs_to_form(self) -> bool:
        """Whether the form can show it: invalid input (400) or changed state (409)."""
        return self.status in (400, 409)

    def as_json(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, **self.extra}}


class NotFound(HuntError):
    """Locked and unknown puzzles share this text, so that teams cannot distinguish them."""

    code, message = "not_found", sentence("It may not exist, or it may not be unlocked yet.")


class TeamUnknown(NotFound):
    message = sentence("There is no such team.")


class Busy(HuntError):
    """A queue is full or something timed out. Nothing has changed."""

    code = "busy"
    message = sentence("The site is very busy right now. Nothing was lost – try again in a moment.")
    retry_after = 2


class HashingBusy(Busy):
    """The hash queue is full. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__(retry_after=retry_after)


class FieldsRefused(HuntError):
    """``fields`` has a sentence for each. Nothing was stored."""

    code = "invalid_form"

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        several = sentence("There’s a problem with these fields.")
        message = next(iter(self.fields.values())) if len(self.fields) == 1 else several
        super().__init__(message=message, fields=self.fields)


class TeamClosed(HuntError):
    """The account is banned or an organiser's, so it gets no token."""

    code, message = "forbidden", sentence("This is for playing teams only.")
