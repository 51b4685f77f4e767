"""The base URL for mails and links.

Threat: a forged Host header would send tokens to an attacker.
"""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import current_app, request

from config import Config

OWN_NAMES = ("localhost", "127.0.0.1", "::1")
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - named, not listened on


def site_url() -> str:
    """With a trailing slash, or "" if none is trusted.

    ``SITE_URL``, a requested local host, the listen address. Behind a proxy ``SITE_URL`` is required.
    """
    config = cast(Config, current_app.extensions["config"])
    if config.site_url:
        return config.site_url.rstrip("/") + "/"
    if _host_asked_for() in (*OWN_NAMES, config.host):
        return request.host_url
    return "" if config.host in ANY_ADDRESS else f"http://{config.host}:{config.port}/"


def own_hosts() -> tuple[str, ...]:
    """All hosts that may be ours, for refusals only."""
    config = cast(Config, current_app.extensions["config"])
    return tuple(one for one in (urlsplit(config.site_url).netloc, request.host, config.host) if one)


def _host_asked_for() -> str:
    return urlsplit(request.host_url).hostname or ""
