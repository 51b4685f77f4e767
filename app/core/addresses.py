"""Which client addresses count as one. Pure."""

from __future__ import annotations

import ipaddress

# Providers give each customer at least this much of IPv6: within it, an address costs nothing to change.
IPV6_PREFIX = 64
LONGEST = 45


def is_own_machine(address: str) -> bool:
    """Whether this is a loopback address: a program of this machine, or a proxy on it that nobody told us of."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def counted_address(address: str) -> str:
    """Return what limits count by: an IPv4 address, or the /64 network of an IPv6 address.

    An IPv4 address in IPv6 clothes (``::ffff:192.0.2.7``) is the IPv4 address. Other text stays as it is, shortened.
    """
    try:
        found = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return address[:LONGEST]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), IPV6_PREFIX), strict=False))
