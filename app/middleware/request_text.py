"""Refuses a POST whose fields are not text, before any view reads them."""

from __future__ import annotations

from flask import Flask, current_app, request

from app.core.text import sentence
from app.errors import HuntError
from app.middleware.team_reload import EXEMPT
from app.web.access import policy_of
from app.web.request_fields import BODY, HuntRequest, wrong_fields

ANSWER = "answer"


def install(app: Flask) -> None:
    """Install the hook, and the request that keeps its query clean."""
    app.request_class = HuntRequest
    app.before_request(_check)


def _check() -> None:
    # The broadcast API reads its fields after its token.
    if request.method != "POST" or request.endpoint is None or request.blueprint in EXEMPT:
        return
    policy = policy_of(current_app.view_functions[request.endpoint])
    wrong = wrong_fields(policy.file_fields, policy.list_fields)
    if wrong:
        code = "invalid_answer" if policy.takes_answer and {ANSWER, BODY} & wrong.keys() else "invalid_form"
        name, words = next(iter(wrong.items()))
        raise HuntError(code, sentence("“%(name)s”: %(words)s", name=name, words=words), fields=wrong)
