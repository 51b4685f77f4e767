"""What this process knows of judged guesses, so that nothing is hashed twice.

For a hash whose answer has been seen verified, a keyed digest is compared from then on and nothing is hashed any more;
for the others the pairs that did not fit are remembered. Digests are keyed with the server's secret: without it, what
is remembered tells nothing. Bounded; the oldest wrong pairs are forgotten first. Each process has its own memory, and
needs no news from the others: a hash and a guess fit or do not fit for ever.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from hashlib import sha256
from threading import Lock

MOST_WRONG = 200_000


class VerdictMemory:
    """Remembers which (hash, normalised guess) fitted."""

    def __init__(self, secret: bytes, most_wrong: int = MOST_WRONG) -> None:
        self._secret = secret
        self._most_wrong = most_wrong
        self._right: dict[str, bytes] = {}
        self._wrong: dict[bytes, None] = {}
        self._asking: dict[bytes, Lock] = {}
        self._slips: dict[bytes, bool] = {}

    def recall(self, hashed: str, normalised: str) -> bool | None:
        """Whether the guess fits the hash, or None when it is not known without hashing."""
        key = self._key(hashed, normalised)
        right = self._right.get(hashed)
        if right is not None:
            return hmac.compare_digest(right, key)
        return False if key in self._wrong else None

    def keep(self, hashed: str, normalised: str, *, fits: bool) -> None:
        """Remember what hashing has just shown."""
        key = self._key(hashed, normalised)
        if fits:
            self._right[hashed] = key
            return
        self._wrong[key] = None
        while len(self._wrong) > self._most_wrong:
            self._wrong.pop(next(iter(self._wrong)), None)

    def recall_slip(self, signed: str, normalised: str) -> bool | None:
        """Whether the guess is one slip from what was signed, or None when it is not known without hashing."""
        return self._slips.get(self._key(signed, normalised))

    def keep_slip(self, signed: str, normalised: str, *, is_near: bool) -> None:
        """Remember what comparing with a signature has just shown."""
        self._slips[self._key(signed, normalised)] = is_near
        while len(self._slips) > self._most_wrong:
            self._slips.pop(next(iter(self._slips)), None)

    def knows(self, hashes: Sequence[str], normalised: str) -> bool:
        """Whether :meth:`find_fit` can answer without hashing."""
        for hashed in hashes:
            known = self.recall(hashed, normalised)
            if known is not False:
                return known is True
        return True

    def find_fit(self, hashes: Sequence[str], normalised: str, check: Callable[[str, str], bool]) -> int | None:
        """The place of the first hash that fits; ``check`` is asked only about pairs that nobody has asked about."""
        for place, hashed in enumerate(hashes):
            fits = self.recall(hashed, normalised)
            if fits is None:
                fits = self._ask_once(hashed, normalised, check)
            if fits:
                return place
        return None

    def _ask_once(self, hashed: str, normalised: str, check: Callable[[str, str], bool]) -> bool:
        """Hash this pair, or wait for whoever is hashing it just now."""
        key = self._key(hashed, normalised)
        with self._asking.setdefault(key, Lock()):
            try:
                known = self.recall(hashed, normalised)
                if known is None:
                    known = check(hashed, normalised)
                    self.keep(hashed, normalised, fits=known)
                return known
            finally:
                self._asking.pop(key, None)

    def _key(self, hashed: str, normalised: str) -> bytes:
        return hmac.digest(self._secret, f"{hashed}\0{normalised}".encode(), sha256)[:16]
