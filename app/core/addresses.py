"""Client addresses for limits. Pure."""

from __future__ import annotations

import ipaddress

# Providers give each customer at least this much of IPv6: within it, an address costs nothing to change.
IPV6_PREFIX = 64
LONGEST = 45


def is_own_machine(address: str) -> bool:
    """Loopback: this machine, or an undeclared proxy on it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def counted_address(address: str) -> str:
    """IPv4, or the /64 of IPv6.

    ``::ffff:192.0.2.7`` counts as IPv4. Other text is shortened.
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
