"""Style sheets that an author only linked to: fetched once, at a restock, and served from this host ever after.

Threats: a link that leads inside our own network (by its name, its address, or a redirect), a server that never stops
sending, and one that never begins. So only https, only addresses that belong to the public, judged on the address that
is connected to, and bounds of size and time for each sheet and for all of them. Cleaning is :mod:`app.content.css`'s.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from app.clock import Clock, SystemClock
from app.content.css import MAX_CSS
from app.content.records import StyleUnreachable

MOST_REDIRECTS = 3
MOST_BYTES = 4 * MAX_CSS
SECONDS_FOR_ONE, SECONDS_FOR_ALL, SECONDS_OF_SILENCE = 10, 60, 5


@dataclass
class SheetFetcher:
    """Fetches the linked style sheets of one restock. Each address is asked for once, and each dead host given up.

    ``private_hosts`` are exact ``host:port`` that may be private and plain http, for tests.
    """

    private_hosts: Collection[str] = ()
    clock: Clock = field(default_factory=SystemClock)
    _sheets: dict[str, str] = field(default_factory=dict, init=False)
    _dead_hosts: dict[str, str] = field(default_factory=dict, init=False)
    _begun_at: float | None = field(default=None, init=False)

    def __call__(self, address: str) -> str:
        """The text of the style sheet at this address. Raises StyleUnreachable with a sentence for its author."""
        if address not in self._sheets:
            self._sheets[address] = self._fetch(address)
        return self._sheets[address]

    def _fetch(self, address: str) -> str:
        host = urlsplit(address).netloc
        if host in self._dead_hosts:
            raise StyleUnreachable(self._dead_hosts[host])
        try:
            return self._follow(address, self._deadline())
        except (HTTPError, OSError) as problem:
            self._dead_hosts[host] = f"{host[:100]} does not answer ({type(problem).__name__})."
            raise StyleUnreachable(self._dead_hosts[host]) from None
        except UnicodeError:
            raise StyleUnreachable("This is not the text of a style sheet.") from None

    def _deadline(self) -> float:
        now = self.clock.monotonic()
        self._begun_at = now if self._begun_at is None else self._begun_at
        if now - self._begun_at > SECONDS_FOR_ALL:
            raise StyleUnreachable("Fetching all the linked style sheets takes too long.")
        return now + SECONDS_FOR_ONE

    def _follow(self, address: str, deadline: float) -> str:
        for _ in range(MOST_REDIRECTS + 1):
            response = self._ask(urlsplit(address))
            try:
                if not response.get_redirect_location():
                    return self._read(response, deadline)
                address = urljoin(address, str(response.headers.get("Location", "")))
            finally:
                response.close()
        raise StyleUnreachable("The link is redirected too often.")

    def _ask(self, parts: SplitResult) -> urllib3.BaseHTTPResponse:
        """The beginning of the answer, from an address that may be asked, by the name that the link has."""
        host, port, is_private_allowed = self._checked(parts)
        target = _address_of(host, port, is_private_allowed)
        patience = urllib3.Timeout(connect=SECONDS_OF_SILENCE, read=SECONDS_OF_SILENCE)
        pool = urllib3.HTTPConnectionPool(target, port, timeout=patience, retries=False)
        if parts.scheme == "https":
            # The certificate must be the name's, although the connection goes to the address that was judged.
            certificate = {"server_hostname": host, "assert_hostname": host, "ca_certs": certifi.where()}
            pool = urllib3.HTTPSConnectionPool(target, port, timeout=patience, retries=False, **certificate)  # type: ignore[arg-type]
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        headers = {"Host": parts.netloc, "Accept": "text/css, text/plain;q=0.5", "Accept-Encoding": "identity"}
        return pool.request("GET", path, headers=headers, redirect=False, preload_content=False)

    def _checked(self, parts: SplitResult) -> tuple[str, int, bool]:
        try:
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            host, port = "", 0
        is_private_allowed = f"{host}:{port}" in self.private_hosts
        if not host or "@" in parts.netloc or not (parts.scheme == "https" or is_private_allowed):
            raise StyleUnreachable("The link must be, and stay, an https:// address.")
        return host, port, is_private_allowed

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> str:
        if response.status != 200:
            raise StyleUnreachable(f"The server of the link answers with status {response.status}.")
        pieces, size = [], 0
        # One piece is what one packet brought: whoever drips a byte at a time meets the deadline.
        while piece := response.read1(16_384):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise StyleUnreachable(f"The linked style sheet is larger than {MOST_BYTES} bytes.")
            if self.clock.monotonic() > deadline:
                raise StyleUnreachable("The linked style sheet comes too slowly.")
        return b"".join(pieces).decode("utf-8-sig")


def _address_of(host: str, port: int, is_private_allowed: bool) -> str:
    """The address to connect to. A name of which any address is not public is refused altogether."""
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if not is_private_allowed and not all(_is_public(one) for one in found):
        raise StyleUnreachable("The link leads to an address that is not public.")
    return min(found, key=lambda one: (":" in one, one))


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or mapped.is_global)
