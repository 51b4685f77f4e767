"""Web addresses in ASCII form, as they stand in pages and headers. Pure."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

from app.core.host_names import ascii_host

# What may stand in a path or query as it is; "%" since it begins what is encoded already.
_SAFE = "/%:@!$&'()*+,;=~-._?[]"
_NOWHERE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\<>\"\ud800-\udfff]")


class AddressUnclear(ValueError):
    """Not an address, or its host has no certain ASCII form."""


def ascii_address(text: str, schemes: tuple[str, ...] = ("https",)) -> str:
    """Raises :class:`AddressUnclear`."""
    try:
        parts = urlsplit(text)
        port, host = parts.port, ascii_host(parts.hostname or "")
    except ValueError:
        raise AddressUnclear(text) from None
    if parts.scheme.lower() not in schemes or port == 0 or "@" in parts.netloc or parts.netloc.endswith(":"):
        raise AddressUnclear(text)
    if _NOWHERE.search(text):
        raise AddressUnclear(text)
    return text if text.isascii() else _written(parts, host, port)


def _written(parts: SplitResult, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    netloc = f"{shown}:{port}" if port else shown
    encoded = {name: quote(getattr(parts, name), safe=_SAFE) for name in ("path", "query", "fragment")}
    return parts._replace(netloc=netloc, **encoded).geturl()
