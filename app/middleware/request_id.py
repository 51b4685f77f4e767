"""Request IDs for log, response header and fault pages."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, current_app, g, request

_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")


def install(app: Flask) -> None:
    """Install the hooks."""
    app.before_request(_number)
    app.after_request(_tell)


def _number() -> None:
    g.request_id = _given() or secrets.token_hex(8)


def _given() -> str | None:
    """Accept an ID only from a trusted proxy: others could forge log lines."""
    given = request.headers.get("X-Request-ID", "")
    return given if current_app.config["TRUSTED_PROXIES"] and _GIVEN.fullmatch(given) else None


def _tell(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response
