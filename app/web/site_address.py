"""The site's base URL for mails and shared links.

The Host header is untrusted: a forged one would send one-time tokens to an attacker.
"""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import current_app, request

from config import Config

OWN_NAMES = ("localhost", "127.0.0.1", "::1")
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - named, not listened on


def site_url() -> str:
    """Return the base URL with a trailing slash, or "" if none is trusted.

    Uses ``SITE_URL``, then a local host name that was asked for, then the listen address. A proxy passes on whatever
    host the visitor names, so behind one ``SITE_URL`` is demanded at the start.
    """
    config = cast(Config, current_app.extensions["config"])
    if config.site_url:
        return config.site_url.rstrip("/") + "/"
    if _host_asked_for() in (*OWN_NAMES, config.host):
        return request.host_url
    return "" if config.host in ANY_ADDRESS else f"http://{config.host}:{config.port}/"


def own_hosts() -> tuple[str, ...]:
    """Every host that may be ours: the public address, the one asked for, the one listened on. For refusals only."""
    config = cast(Config, current_app.extensions["config"])
    return tuple(one for one in (urlsplit(config.site_url).netloc, request.host, config.host) if one)


def _host_asked_for() -> str:
    return urlsplit(request.host_url).hostname or ""
