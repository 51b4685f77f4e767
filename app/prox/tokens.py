"""Addresses of pictures that only this site can make: what to show and whose lock is on it, signed.

The same picture of the same record has the same address on every node and after every restock, so a browser keeps it.
Guessing one means guessing a signature. Made at a restock, read by the view; nothing else knows the form.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

from app.errors import NotFound

LONGEST_TOKEN = 4_000
PATH = "/prox/"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says: ``source`` is an ``https://`` address or the name of an attachment or of a smaller variant;
    ``owner`` is the record whose lock is the picture's, empty for what everybody may see."""

    owner: str
    source: str


class TokenUnknown(NotFound):
    """This is no token of this site."""


class Signer:
    """Makes tokens with the first of the site's secrets and reads them with any."""

    def __init__(self, *secrets: bytes) -> None:
        signing = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._serializer = URLSafeSerializer(secrets[::-1], salt="picture", signer_kwargs=signing)

    def token(self, claim: Claim) -> str:
        """The token for this claim; equal claims have equal tokens."""
        return str(self._serializer.dumps([claim.owner, claim.source]))

    def claim(self, token: str) -> Claim:
        """What the token says. Raises :class:`TokenUnknown` for everything that was not signed here."""
        if len(token) > LONGEST_TOKEN:
            raise TokenUnknown
        try:
            owner, source = self._serializer.loads(token)
        except (BadData, ValueError, TypeError):
            raise TokenUnknown from None
        return Claim(str(owner), str(source))
