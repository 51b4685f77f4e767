"""Security headers: no inline code, foreign content, framing or sniffing.

Views may set ``g.frame_sources`` or their own policy.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

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


def install(app: Flask) -> None:
    """Install the hook."""
    app.after_request(protect)
    app.add_template_global(csp_nonce)


def csp_nonce() -> str:
    """Return the response's nonce."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def policy() -> str:
    """Return the default Content-Security-Policy."""
    frames = " ".join(("'self'", *g.get("frame_sources", ())))
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{csp_nonce()}'; style-src 'self' 'nonce-{csp_nonce()}'; "
        "img-src 'self' data:; media-src 'self'; font-src 'self' data:; connect-src 'self'; "
        f"manifest-src 'self'; frame-src {frames}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def protect(response: Response) -> Response:
    """Add the headers that the response does not have."""
    present = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - iterating headers gives pairs
    missing = [(name, value) for name, value in _FIXED if name.lower() not in present]
    if "content-security-policy" not in present:
        missing.append(("Content-Security-Policy", policy()))
    if request.is_secure and "strict-transport-security" not in present:
        missing.append(("Strict-Transport-Security", HSTS))
    response.headers.extend(missing)
    return response
