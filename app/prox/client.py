"""Access to other servers: signed addresses, two policies, one fetcher, thumbnails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from app.clock import SystemClock
from app.concurrency.cache import Cache
from app.concurrency.single_flight import SingleFlight
from app.core.fetch_result import Fetched
from app.prox.disk_cache import Disk
from app.prox.fetcher import Bounds, Fetcher
from app.prox.thumbnails import shrink
from app.prox.tokens import PATH, Claim, Signer
from app.prox.url_policy import Policy
from app.prox.webhook import Poster
from config import Config

STYLE_TYPES = "text/css, text/plain;q=0.5"
STYLE_BOUNDS = Bounds(seconds=10.0)
# Decoding takes memory by the pixel: two pictures at once, however many ask.
SHRINKING_AT_ONCE = 2
SECONDS_REMEMBERED = 60.0
MOST_REMEMBERED = 2_000


class ProxClient:
    """Implements :class:`app.ports.Prox`. ``offload`` runs computations off the request threads."""

    def __init__(self, signer: Signer, pictures: Fetcher, styles: Fetcher, offload: Callable[..., Any]) -> None:
        self.signer = signer
        self._poster = Poster(styles.policy)
        self._pictures, self._styles, self._offload = pictures, styles, offload
        self._turn = threading.BoundedSemaphore(SHRINKING_AT_ONCE)

    def picture(self, address: str) -> Fetched:
        return self._pictures.picture(address)

    def text(self, address: str, most_bytes: int) -> bytes:
        return replace(self._styles, bounds=replace(self._styles.bounds, most_bytes=most_bytes)).body(
            address, STYLE_TYPES
        )

    def post(self, address: str, body: bytes) -> int:
        return self._poster.post(address, body)

    def host_of_hook(self, address: str) -> str:
        return self._poster.policy.judge(address).host

    def path_of(self, owner: str, source: str) -> str:
        return PATH + self.signer.token(Claim(owner, source))

    def may_be_plain(self, address: str) -> bool:
        return self._pictures.policy.is_private(address)

    def shrunk(self, content: bytes, width: int) -> bytes | None:
        with self._turn:
            found: bytes | None = self._offload(shrink, content, width)
        return found


@dataclass(frozen=True, slots=True)
class Remembered:
    digest: str
    media_type: str
    name: str


@dataclass
class PictureCache:
    """The disk cache and its index, remembered for a minute, since a restock may bring other bytes.

    ``flights``: one request of this process fetches a picture.
    """

    disk: Disk
    flights: SingleFlight = field(default_factory=SingleFlight)
    known: Cache[str, Remembered] = field(
        default_factory=lambda: Cache(MOST_REMEMBERED, SECONDS_REMEMBERED, SystemClock().monotonic)
    )


def make_client(config: Config, offload: Callable[..., Any]) -> ProxClient:
    pictures = Policy(config.prox_allowed_hosts, config.prox_private_hosts)
    styles = Policy(None, config.prox_private_hosts)
    signer = Signer(*config.secret_keys)
    return ProxClient(signer, Fetcher(pictures), Fetcher(styles, STYLE_BOUNDS), offload)


def make_picture_cache(config: Config) -> PictureCache:
    return PictureCache(Disk(config.instance / "pictures"))
