"""Sandbox rules for frames of other sites. Pure.

Video players and drawing boards need ``allow-same-origin`` for storage. Our own pages never get it: a script could
leave the sandbox and act as the team.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?", re.ASCII)
_THIS_MACHINE = frozenset({"localhost", "::1", "::", "0.0.0.0"})  # noqa: S104 - named, not listened on


@dataclass(frozen=True, slots=True)
class FrameRules:
    """``referrer``: a referrer policy; video players refuse pages without one."""

    sandbox: str
    allow: str
    referrer: str


OURS = FrameRules("allow-scripts allow-forms", "fullscreen", "no-referrer")
THEIRS = FrameRules(
    "allow-scripts allow-forms allow-same-origin allow-popups allow-presentation",
    "fullscreen *; picture-in-picture *; encrypted-media *; autoplay *",
    "strict-origin",
)


def frame_rules(url: str, own_hosts: Iterable[str]) -> FrameRules:
    """Unclear hosts count as ours. ``own_hosts`` may have ports."""
    host = canonical_host(url)
    own = {canonical_host(f"//{one}") for one in own_hosts}
    return OURS if not host or any(_is_within(host, one) for one in own if one) else THEIRS


def canonical_host(url: str) -> str:
    """As a browser reads it; empty if unclear."""
    try:
        host = unquote(urlsplit(url).hostname or "")
        host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".").lower()
        if ":" in host:
            return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, host))
        host = host.encode("idna").decode().lower()
        if re.fullmatch(r"(?:0x[0-9a-f]*|\d+)", host.rpartition(".")[2]):
            return socket.inet_ntoa(socket.inet_aton(host))
    except (ValueError, OSError):
        return ""
    return host if _NAME.fullmatch(host) else ""


def _is_within(host: str, own: str) -> bool:
    """The site's host or a subdomain."""
    return host == own or host.endswith(f".{own}") or (_is_here(host) and _is_here(own))


def _is_here(host: str) -> bool:
    """A name of this machine."""
    return host.endswith(".localhost") or host in _THIS_MACHINE or host.startswith("127.")
