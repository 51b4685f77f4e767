"""Request IDs for log, response header and fault pages.

They are always our own: an ID that comes from outside may be anybody's, also behind a proxy that passes it on. It is
kept beside ours in the log.
"""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request

_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")


def install(app: Flask) -> None:
    """Install the hooks."""
    app.before_request(_number)
    app.after_request(tell)


def _number() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = secrets.token_hex(8)
    g.outside_id = given if _GIVEN.fullmatch(given) else None


def tell(response: Response) -> Response:
    """Name the request in the response."""
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response
