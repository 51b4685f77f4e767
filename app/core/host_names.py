"""Host names in ASCII."""

from __future__ import annotations

import re

LONGEST_HOST = 253
_LABEL = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")
_IPV6 = re.compile(r"[0-9a-f:.]+")
# Python's codec maps or drops these, browsers encode them: the two would name different hosts.
_DEVIATING = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")


class HostInvalid(ValueError):
    """No host name, or no certain encoding."""


def ascii_host(host: str) -> str:
    """Lower-case ASCII, ``xn--…``; IPv6 without brackets.

    Contains nothing that ends a host in a header, policy or URL. Raises :class:`HostInvalid`.
    """
    if ":" in host:
        if _IPV6.fullmatch(host.lower()):
            return host.lower()
        raise HostInvalid(host)
    if _DEVIATING.search(host):
        raise HostInvalid(host)
    try:
        encoded = host.lower().encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise HostInvalid(host) from None
    if len(encoded) > LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in encoded.split(".")):
        raise HostInvalid(host)
    return encoded
