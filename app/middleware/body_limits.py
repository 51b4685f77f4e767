"""Request body limits, CSRF protection, and fields that are text before any view reads them."""

from __future__ import annotations

from flask import Flask, current_app, request
from werkzeug.exceptions import NotFound

from app.core.text import sentence
from app.errors import HuntError
from app.extensions import csrf
from app.middleware.team_reload import EXEMPT
from app.web.access import policy_of
from app.web.visit import BODY, HuntRequest, wrong_fields

MAX_BODY_BYTES = 256 * 1024
MAX_FORM_PARTS = 200


def install(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY_BYTES
    app.config["MAX_FORM_PARTS"] = MAX_FORM_PARTS


def install_csrf(app: Flask) -> None:
    """For POST outside the token-protected API."""
    # Puzzle pages stay open for hours, so the token lives as long as the session. Browsers that hide the Referer
    # must still work, so it is not checked; the cookie is SameSite=Lax.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = False
    csrf.init_app(app)


ANSWER = "answer"


def install_text(app: Flask) -> None:
    app.request_class = HuntRequest
    app.before_request(_refuse_wrong_text)


def _refuse_wrong_text() -> None:
    if "\0" in request.path:
        # Names nothing, and no database takes it.
        raise NotFound
    # The broadcast API reads its fields after its token.
    if request.method != "POST" or request.endpoint is None or request.blueprint in EXEMPT:
        return
    policy = policy_of(current_app.view_functions[request.endpoint])
    wrong = wrong_fields(policy.file_fields, policy.list_fields)
    if wrong:
        code = "invalid_answer" if policy.takes_answer and {ANSWER, BODY} & wrong.keys() else "invalid_form"
        name, words = next(iter(wrong.items()))
        raise HuntError(code, sentence("“%(name)s”: %(words)s", name=name, words=words), fields=wrong)
