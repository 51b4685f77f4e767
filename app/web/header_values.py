"""Values of response headers: people's texts enter here only.

Printable ASCII; the rest is encoded, or refused before it ends a header or policy.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import quote, urlsplit

from werkzeug.urls import iri_to_uri

from app.core.host_names import ascii_host

logger = logging.getLogger("infinity.headers")
LONGEST_STEM = 80
# Printable ASCII.
SENDABLE = re.compile(r"[ -~]*")


class HeaderRefused(ValueError):
    pass


def header_text(text: str) -> str:
    """Raises :class:`HeaderRefused`."""
    if not SENDABLE.fullmatch(text):
        raise HeaderRefused("a header holds printable ASCII only")
    return text


def location(address: str) -> str:
    """Raises :class:`HeaderRefused`."""
    try:
        return header_text(iri_to_uri(address))
    except ValueError:
        raise HeaderRefused("this is no address") from None


def frame_sources(address: str) -> tuple[str, ...]:
    """CSP sources for a frame; none unless https."""
    try:
        parts = urlsplit(address)
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    # A policy knows no addresses in brackets.
    if parts.scheme != "https" or not host or ":" in host:
        logger.warning("an embedded page is left out of the policy: its host cannot stand there")
        return ()
    return (header_text(f"https://{host}:{port}" if port else f"https://{host}"),)


def file_disposition(name: str, ending: str, *, is_shown: bool = False) -> str:
    """``name`` may be any text; its ending becomes ``ending``."""
    stem = "".join(sign for sign in name.rpartition(".")[0] or name if sign.isalnum() or sign in "-_ .")
    whole = f"{stem.strip(' .')[:LONGEST_STEM] or 'file'}.{ending}"
    kind = "inline" if is_shown else "attachment"
    if whole.isascii():
        return header_text(f'{kind}; filename="{whole}"')
    return header_text(f"{kind}; filename*=UTF-8''{quote(whole, safe='')}")
