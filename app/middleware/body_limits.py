"""How much a request may send, and the token without which no form is taken."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

from app.extensions import csrf
from app.web.access import policy_of
from app.web.visit import maybe_visit

MAX_BODY_BYTES = 256 * 1024
MAX_FORM_PARTS = 200


def install(app: Flask) -> None:
    """Bound bodies. A view that takes a file says so (:func:`app.web.access.takes_files`)."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY_BYTES
    app.config["MAX_FORM_PARTS"] = MAX_FORM_PARTS
    app.after_request(_close_unread)


def install_csrf(app: Flask) -> None:
    """Every POST outside the token-protected API carries the session's token."""
    # A puzzle page stays open for hours: the token lives as long as the session. The Referer is not asked for, since
    # browsers that hide it would be locked out; the cookie is SameSite=Lax besides.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = False
    # Before the token is looked for, since that reads the form.
    app.before_request(_allow_files)
    csrf.init_app(app)


def _allow_files() -> None:
    """Read more of a body where a view takes files, and only from somebody whom that view admits."""
    policy, seen = policy_of(current_app.view_functions.get(request.endpoint or "")), maybe_visit()
    if policy.most_body_bytes is None or seen is None or seen.team is None or seen.team.is_banned:
        return
    if policy.admits(seen.team.role):
        request.max_content_length = request.max_form_memory_size = policy.most_body_bytes


def _close_unread(response: Response) -> Response:
    """A refused body was not read to its end; what is left of it must not be taken for the next request."""
    if response.status_code in (408, 413):
        response.headers["Connection"] = "close"
    return response
