"""Static files, served before Flask is asked: no session, no database, cached by browsers for ever.

The digest of the whole tree is part of the address, so that a new release has new addresses and scripts can import
each other by relative paths. WhiteNoise sends the files, and their compressed twins where there are any.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

STATIC = Path(__file__).resolve().parent.parent / "static"


@cache
def static_digest() -> str:
    """A name for the present state of all static files."""
    seen = sha256()
    for path in sorted(found for found in STATIC.rglob("*") if found.is_file()):
        seen.update(str(path.relative_to(STATIC)).encode() + b"\0" + path.read_bytes() + b"\0")
    return seen.hexdigest()[:12]


def serve_static(app: Flask) -> None:
    """Put the static files in front of the app, and tell templates their addresses."""
    app.config["STATIC_PREFIX"] = f"/static/{static_digest()}"
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(STATIC),
        prefix=app.config["STATIC_PREFIX"],
        immutable_file_test=lambda path, url: True,
        add_headers_function=_protect,
    )


def _protect(headers: object, _path: str, _url: str) -> None:
    # A picture of ours opened by itself is still only a picture.
    headers["X-Content-Type-Options"] = "nosniff"  # type: ignore[index]
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # type: ignore[index]
