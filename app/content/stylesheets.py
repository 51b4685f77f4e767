"""Linked style sheets, served from this host.

At a restock each address is fetched once, each dead host given up. Which hosts are allowed is the picture proxy's
policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.clock import Clock, SystemClock
from app.content.html.css import MAX_CSS
from app.content.parse.records import StyleUnreachable
from app.core.fetch_result import NotToBeHad, ServerSilent

MOST_BYTES = 4 * MAX_CSS
SECONDS_FOR_ALL = 60

# Gets the bytes at an address, at most so many. Raises what NotToBeHad stands for.
Fetch = Callable[[str, int], bytes]


@dataclass
class SheetFetcher:
    fetch: Fetch
    clock: Clock = field(default_factory=SystemClock)
    _sheets: dict[str, str] = field(default_factory=dict, init=False)
    _dead_hosts: dict[str, str] = field(default_factory=dict, init=False)
    _begun_at: float | None = field(default=None, init=False)

    def __call__(self, address: str) -> str:
        """Raises StyleUnreachable with a sentence for the author."""
        if address not in self._sheets:
            self._sheets[address] = self._fetched(address)
        return self._sheets[address]

    def _fetched(self, address: str) -> str:
        host = urlsplit(address).netloc
        if host in self._dead_hosts:
            raise StyleUnreachable(self._dead_hosts[host])
        self._check_time()
        try:
            return self.fetch(address, MOST_BYTES).decode("utf-8-sig")
        except ServerSilent as problem:
            self._dead_hosts[host] = f"{host[:100]}: {problem}"
            raise StyleUnreachable(self._dead_hosts[host]) from None
        except NotToBeHad as problem:
            raise StyleUnreachable(str(problem)) from None
        except UnicodeError:
            raise StyleUnreachable("This is not the text of a style sheet.") from None

    def _check_time(self) -> None:
        now = self.clock.monotonic()
        self._begun_at = now if self._begun_at is None else self._begun_at
        if now - self._begun_at > SECONDS_FOR_ALL:
            raise StyleUnreachable("Fetching all the linked style sheets takes too long.")
