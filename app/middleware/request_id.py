"""A number for every request, in the log, in the answer's header and on pages that report a fault."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, current_app, g, request

_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")


def install(app: Flask) -> None:
    """Number every request."""
    app.before_request(_number)
    app.after_request(_tell)


def _number() -> None:
    g.request_id = _given() or secrets.token_hex(8)


def _given() -> str | None:
    """A proxy that we trust may have numbered the request already; anybody else's number could forge log lines."""
    given = request.headers.get("X-Request-ID", "")
    return given if current_app.config["TRUSTED_PROXIES"] and _GIVEN.fullmatch(given) else None


def _tell(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response
