"""The last look at a response's headers: one that could not be sent becomes a fault, in the log and for the visitor.

The server would end the connection without a reply, after the request was logged as answered.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request

from app.core.text import sentence
from app.errors import HuntError
from app.middleware import request_id, security_headers
from app.middleware.error_handlers import answer
from app.web.header_values import HeaderRefused, header_text, location

logger = logging.getLogger("infinity.faults")
WORDS = sentence("Something broke while this page was being made. Nothing of yours was lost; please try again.")


def install(app: Flask) -> None:
    """Install the hook."""
    app.after_request(_check)


def _check(response: Response) -> Response:
    wrong = _unsendable(response)
    if not wrong:
        return response
    number = g.get("request_id", "")
    logger.error("fault %s in %s %s: the header %s cannot be sent", number, request.method, _route(), ", ".join(wrong))
    response.close()
    g.pop("frame_sources", None)
    page = answer(HuntError("internal", WORDS))
    return request_id.tell(security_headers.protect(page))  # type: ignore[arg-type]


def _unsendable(response: Response) -> list[str]:
    """The names of the headers that hold what no header holds."""
    found = []
    for name, value in list(response.headers):
        try:
            if name.lower() == "location":
                response.headers[name] = location(value)
            else:
                header_text(value)
        except HeaderRefused:
            found.append(name)
    return found


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "-"
