"""The verdicts that this process knows, so that nothing is hashed twice.

Keys are digests under the server's secret: without it, the cache gives no guess away. Each process has its own and
nothing in it expires: a guess fits a hash for ever, or never.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256

from app.concurrency.cache import Cache
from app.concurrency.single_flight import SingleFlight

MOST_ENTRIES = 200_000

Compare = Callable[[], bool]


class HashingNeeded(Exception):
    """The cache does not know, and the caller does not let it hash."""


class VerdictCache:
    """Results of comparing guesses with hashes and signatures; the least recently used are dropped first."""

    def __init__(self, secret: bytes, most_entries: int = MOST_ENTRIES) -> None:
        self._secret = secret
        self._compared: Cache[bytes, bool] = Cache(most_entries)
        self._right: Cache[str, bytes] = Cache(most_entries)
        self._flights = SingleFlight()

    def fits(self, hashed: str, normalised: str, compare: Compare | None) -> bool:
        """Return whether the guess fits an answer's hash. ``compare`` hashes; None: raises :class:`HashingNeeded`.

        Once the right guess for a hash is known, no other is hashed for it.
        """
        key, right = self._key(hashed, normalised), self._right.get(hashed)
        if right is not None:
            return hmac.compare_digest(right, key)
        is_right = self._find(key, compare)
        if is_right:
            self._right.put(hashed, key)
        return is_right

    def is_known_to_fit(self, hashed: str, normalised: str) -> bool:
        """Return whether the guess has been compared with this hash and fitted."""
        right = self._right.get(hashed)
        return right is not None and hmac.compare_digest(right, self._key(hashed, normalised))

    def is_near(self, signature: str, normalised: str, compare: Compare | None) -> bool:
        """Return whether the guess is one slip from a signed answer; ``compare`` as in :meth:`fits`."""
        return self._find(self._key(signature, normalised), compare)

    def _find(self, key: bytes, compare: Compare | None) -> bool:
        found = self._compared.get(key)
        if found is None and compare is None:
            raise HashingNeeded
        if found is None and compare is not None:
            with self._flights.turn(key):
                found = self._compared.get(key)
                if found is None:
                    found = compare()
                    self._compared.put(key, found)
        return found is True

    def _key(self, hashed: str, normalised: str) -> bytes:
        return hmac.digest(self._secret, f"{hashed}\0{normalised}".encode(), sha256)[:16]
