"""Where this site is reached, for links that leave it: in mails, and in what organisers hand over.

A visitor chooses the Host header of a request. A link in a mail that trusted it would lead a team to wherever a
stranger wants, with the team's one-time token in it.
"""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import current_app, request

from config import Config

OWN_NAMES = ("localhost", "127.0.0.1", "::1")
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - named, not listened on


def site_url() -> str:
    """The site's address, with a slash at the end; empty when nothing trustworthy tells, then links are paths.

    ``SITE_URL`` where it is set; the request's own host where a trusted proxy passed it on, or where it names this
    machine; else the address that the program was told to listen on.
    """
    config = cast(Config, current_app.extensions["config"])
    if config.site_url:
        return config.site_url.rstrip("/") + "/"
    if config.trusted_proxies or _host_asked_for() in (*OWN_NAMES, config.host):
        return request.host_url
    return "" if config.host in ANY_ADDRESS else f"http://{config.host}:{config.port}/"


def _host_asked_for() -> str:
    return urlsplit(request.host_url).hostname or ""
