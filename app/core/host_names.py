"""Host names in ASCII."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

LONGEST_HOST = 253
_LABEL = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")
# A last label that makes browsers read the whole host as IPv4, in one of many forms, or refuse it.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
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
        if _IPV6.fullmatch(host.lower()) and _is_address(IPv6Address, host):
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
    if _NUMBER.fullmatch(encoded.rpartition(".")[2]) and not _is_address(IPv4Address, encoded):
        raise HostInvalid(host)
    return encoded


def _is_address(kind: type[IPv4Address] | type[IPv6Address], host: str) -> bool:
    try:
        kind(host)
    except AddressValueError:
        return False
    return True
