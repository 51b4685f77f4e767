"""From a named error to a page or JSON: the one table, and what becomes of everything that is not in it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import quote

from flask import Flask, Response, g, jsonify, make_response, redirect, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.content.current import NoContentYet
from app.errors import Refusal, busy, not_found
from app.rules.wording import sentence
from app.services.hooking import ChangedTooSoon
from app.services.issuing_tokens import TeamClosed
from app.services.logging_in import AccountBanned, TooManyFailures
from app.services.ports import HashingBusy
from app.services.resetting import LinkUsedUp, TeamUnknown
from app.services.roles import LastAdmin, RoleUnknown
from app.store.connections import DatabaseBusy, ReadOnly
from app.views.rendering import refusal_json, refusal_page, wants_json

logger = logging.getLogger("infinity.faults")
BANNED = sentence("This account has been closed by the organisers. Write to them if that is a mistake.")

READ_ONLY = sentence("You see the site as a team does: nothing can be changed meanwhile. Stop looking first.")


def _slow_down(error: Exception) -> Refusal:
    wait = error.retry_after if isinstance(error, TooManyFailures) else 60
    words = sentence("Too many logins have failed from here. Please try again in %(seconds)s seconds.", seconds=wait)
    return Refusal("rate_limited", words, retry_after=wait)


# Named errors of the layers below, and the refusal that the outside hears of.
TABLE: dict[type[Exception], Callable[[Exception], Refusal]] = {
    DatabaseBusy: lambda _: busy(5),
    HashingBusy: lambda error: busy(error.retry_after if isinstance(error, HashingBusy) else 2),
    NoContentYet: lambda _: Refusal(
        "not_ready", sentence("The hunt is being prepared. Please try again soon."), retry_after=5
    ),
    AccountBanned: lambda _: Refusal("banned", BANNED),
    TooManyFailures: _slow_down,
    LinkUsedUp: lambda _: Refusal("not_found", sentence("This link has been used or is too old. Ask for a new one.")),
    TeamUnknown: lambda _: Refusal("not_found", sentence("There is no such team.")),
    LastAdmin: lambda _: Refusal(
        "conflict", sentence("This is the last admin: nobody could administer the hunt any more.")
    ),
    RoleUnknown: lambda _: Refusal("invalid_form", sentence("There is no such role.")),
    TeamClosed: lambda _: Refusal(
        "forbidden", sentence("This is for teams that play; organisers have their own ways.")
    ),
    ChangedTooSoon: lambda error: Refusal("rate_limited", str(error), retry_after=getattr(error, "retry_after", 60)),
    ReadOnly: lambda _: Refusal("forbidden", READ_ONLY),
    CSRFError: lambda _: Refusal(
        "invalid_form", sentence("This form is out of date. Load the page again and send it anew.")
    ),
}

_BY_STATUS = {
    400: ("invalid_form", sentence("The site could not make sense of what was sent.")),
    405: ("method_not_allowed", sentence("This address does not take that kind of request.")),
    408: ("too_slow", sentence("What was sent did not arrive in time. Please try again.")),
    413: ("too_large", sentence("What was sent is larger than the site accepts.")),
    429: ("rate_limited", sentence("Too many requests; please wait a little.")),
}


def install(app: Flask) -> None:
    """Answer every error from the table."""
    app.register_error_handler(Refusal, answer)
    for kind, refusal_of in TABLE.items():
        # Not by the error's own type: what is raised may be a finer kind of what the table names.
        app.register_error_handler(kind, lambda error, refusal_of=refusal_of: answer(refusal_of(error)))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def answer(refusal: Refusal) -> Response | BaseResponse:
    """The refusal as this visitor can use it: a page, JSON, or the way to the login."""
    if refusal.code == "login_required" and request.method == "GET" and not wants_json():
        # Only a page one may come back to; the login checks the path once more.
        return redirect(f"/account/login?next={_quoted(request.full_path)}", 303)
    response = jsonify(refusal_json(refusal)) if wants_json() else make_response(refusal_page(refusal))
    response.status_code = refusal.status
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _quoted(path: str) -> str:
    return quote(path.rstrip("?"), safe="/")


def _http(error: HTTPException) -> Response | BaseResponse:
    if error.code is not None and error.code < 400:
        return error.get_response()
    if error.code == 404:
        return answer(not_found())
    if error.code is not None and error.code >= 500:
        return _fault(getattr(error, "original_exception", None) or error)
    code, words = _BY_STATUS.get(error.code or 400, _BY_STATUS[400])
    response = answer(Refusal(code, words))
    if error.code in (405, 413, 415, 416):
        response.status_code = error.code
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return response


def _fault(error: Exception) -> Response | BaseResponse:
    """A bug of ours. The traceback goes to the log without the request's own texts, the visitor gets the number."""
    number = g.get("request_id", "")
    logger.error("fault %s in %s %s", number, request.method, request.url_rule or "-", exc_info=error)
    words = sentence("Something broke while this page was being made. Nothing of yours was lost; please try again.")
    return answer(Refusal("internal", words))
