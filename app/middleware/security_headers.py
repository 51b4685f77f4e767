"""Security headers: no inline code, foreign content, framing or sniffing.

Views may set ``g.frame_sources`` or a policy. Last, a response with unsendable headers becomes a logged fault: the
server would close the connection without a reply.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import cast

from flask import Flask, Response, g, request

from app.errors import HuntError
from app.middleware.error_handlers import BROKEN, answer
from app.web.header_values import SENDABLE, HeaderRefused, location

SELF = ("'self'",)
HSTS = "max-age=31536000"
_FIXED = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()"),
    # Pages are per team: shared caches must not store them.
    ("Cache-Control", "private, no-store"),
)


logger = logging.getLogger("infinity.faults")


def install(app: Flask) -> None:
    app.after_request(_finish)


@lru_cache(256)
def policy(frames: tuple[str, ...] = ()) -> str:
    """``frames`` are sources of frames beside the site itself."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' data:; media-src 'self'; font-src 'self' data:; connect-src 'self'; "
        f"manifest-src 'self'; frame-src {' '.join((*SELF, *frames))}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def _finish(response: Response) -> Response:
    wrong = _unsendable(protect(response))
    if not wrong:
        return response
    number, route = g.get("request_id", ""), request.url_rule.rule if request.url_rule else "-"
    logger.error("fault %s in %s %s: the header %s cannot be sent", number, request.method, route, ", ".join(wrong))
    response.close()
    g.pop("frame_sources", None)
    return protect(cast(Response, answer(HuntError("internal", BROKEN))))


def protect(response: Response) -> Response:
    present = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - iterating headers gives pairs
    missing = [(name, value) for name, value in _FIXED if name.lower() not in present]
    if "content-security-policy" not in present:
        missing.append(("Content-Security-Policy", policy(g.get("frame_sources", ()))))
    if request.is_secure and "strict-transport-security" not in present:
        missing.append(("Strict-Transport-Security", HSTS))
    if g.get("is_other_visitor"):
        # The pages of the last one must not come back from the browser's own store.
        missing.append(("Clear-Site-Data", '"cache"'))
    response.headers.extend(missing)
    return response


def _unsendable(response: Response) -> list[str]:
    found = []
    for name, value in list(response.headers):
        try:
            if name.lower() == "location":
                value = response.headers[name] = location(value)
        except HeaderRefused:
            found.append(name)
        else:
            found += [] if SENDABLE.fullmatch(value) else [name]
    return found
