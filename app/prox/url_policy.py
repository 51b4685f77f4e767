"""Prevents SSRF to local ports, private networks and cloud metadata. Checks the host name, then every resolved
address; the connection uses a checked address.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from app.core.fetch_result import AddressRefused
from app.core.host_names import HostInvalid, ascii_host
from app.core.text import sentence

LONGEST_ADDRESS = 2_000
HTTPS_PORT = 443
_LABEL = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")
# A numeric last label is a disguised address (2130706433, 0x7f.1, 0177.0.0.1) for some resolvers.
_NUMBER_LIKE = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
# IPv6 ranges that embed IPv4 addresses, which a gateway may unpack (RFC 6052, 8215, 4380, 3056), and special
# ranges that some Python versions count as public, including cloud metadata addresses.
_SPECIAL = tuple(
    ipaddress.ip_network(one)
    for one in (
        *(
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2001::/23",
            "2002::/16",
            "::/96",
            "::ffff:0:0:0/96",
            "3fff::/20",
            "5f00::/16",
        ),
        *("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """One allowed hop. ``host`` must match the certificate; ``path`` is encoded for the request line."""

    scheme: str
    host: str
    port: int
    path: str
    may_be_private: bool = False

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS_PORT if self.scheme == "https" else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Policy:
    """``allowed_hosts`` are names, with ``*.`` for subdomains; None allows every public host.

    ``private_hosts`` are exact ``host:port`` that may be private and plain http, for tests only.
    """

    allowed_hosts: Collection[str] | None = ()
    private_hosts: Collection[str] = ()

    def judge(self, address: str) -> Target:
        """Raises :class:`AddressRefused` with a sentence for the author."""
        parts, port = _split(address)
        host = _host_in(parts)
        scheme = parts.scheme.lower()
        shown = f"[{host}]" if ":" in host else host
        private = f"{shown}:{port or (HTTPS_PORT if scheme == 'https' else 80)}" in self.private_hosts
        if private and scheme in ("http", "https"):
            return Target(scheme, host, port or (HTTPS_PORT if scheme == "https" else 80), _path_of(parts), True)
        if scheme != "https":
            raise AddressRefused(sentence("The link must be, and stay, an https:// address."))
        if port not in (None, HTTPS_PORT):
            raise AddressRefused(
                sentence("The link names the port %(port)s; only the usual one of https is asked.", port=port)
            )
        _check_name(host)
        if not self._allows(host):
            raise AddressRefused(f"{host[:100]} is not among the hosts that may be asked (PROX_ALLOWED_HOSTS).")
        return Target("https", host, HTTPS_PORT, _path_of(parts))

    def is_private(self, address: str) -> bool:
        try:
            return self.judge(address).may_be_private
        except AddressRefused:
            return False

    def _allows(self, host: str) -> bool:
        if self.allowed_hosts is None:
            return True
        return any(
            host == one or (one.startswith("*.") and host.endswith(one[1:]) and host != one[2:])
            for one in self.allowed_hosts
        )


def choose_address(target: Target, found: Collection[str]) -> str:
    """Choose one resolved address.

    Refuses the name if any address is not public: the next lookup may differ. Raises :class:`AddressRefused`.
    """
    if not found:
        raise AddressRefused(f"{target.host[:100]} has no address.")
    if not target.may_be_private and not all(is_public(one) for one in found):
        raise AddressRefused(sentence("The link leads to an address that is not public."))
    return min(found, key=lambda one: (":" in one, one))


def is_public(address: str) -> bool:
    """Whether the address is public and embeds no other address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(found in one for one in _SPECIAL):
        return False
    if isinstance(found, ipaddress.IPv6Address) and (found.ipv4_mapped or found.scope_id or found.is_site_local):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _split(address: str) -> tuple[SplitResult, int | None]:
    # urlsplit drops tabs and line ends, and browsers treat backslashes as slashes: refuse both as attacks.
    if len(address) > LONGEST_ADDRESS or any(sign <= " " or sign in "\\\x7f\u2028\u2029" for sign in address):
        raise AddressRefused(sentence("The link holds spaces, control characters or backslashes, or is too long."))
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise AddressRefused(sentence("The link cannot be read as an address.")) from None
    if "@" in parts.netloc:
        raise AddressRefused(sentence("The link must not hold a name or password."))
    if port == 0 or parts.netloc.endswith(":"):
        raise AddressRefused(sentence("The link's port cannot be read."))
    return parts, port


def _host_in(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not host:
        raise AddressRefused(sentence("The link names no host."))
    if "%" in host or ("[" in parts.netloc) != (":" in host):
        raise AddressRefused(sentence("The link's host cannot be read."))
    try:
        return ascii_host(host)
    except HostInvalid:
        raise AddressRefused(sentence("The link's host is no name.")) from None


def _check_name(host: str) -> None:
    if ":" in host or re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", host):
        if not is_public(host):
            raise AddressRefused(sentence("The link leads to an address that is not public."))
        return
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused(f"{host[:100]} is no public host name.")
    if _NUMBER_LIKE.fullmatch(labels[-1]):
        raise AddressRefused(f"{host[:100]} is a number, not a host name.")


def _path_of(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    return f"{path}?{quote(parts.query, safe=_PATH_SAFE + '?[]')}" if parts.query else path
