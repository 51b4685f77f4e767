"""Signed picture URLs. They are deterministic, so browsers can cache a picture across nodes and restocks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

from app.errors import NotFound

LONGEST_TOKEN = 4_000
PATH = "/prox/"


@dataclass(frozen=True, slots=True)
class Claim:
    """``source`` is an ``https://`` URL or the name of an attachment or thumbnail; ``owner`` is the record that
    locks the picture, empty if public.
    """

    owner: str
    source: str


class TokenUnknown(NotFound):
    """The token's signature is invalid."""


class Signer:
    """Signs with the first secret and accepts any, for rotation."""

    def __init__(self, *secrets: bytes) -> None:
        signing = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._serializer = URLSafeSerializer(secrets[::-1], salt="picture", signer_kwargs=signing)

    def token(self, claim: Claim) -> str:
        return str(self._serializer.dumps([claim.owner, claim.source]))

    def claim(self, token: str) -> Claim:
        """Raises :class:`TokenUnknown`."""
        if len(token) > LONGEST_TOKEN:
            raise TokenUnknown
        try:
            owner, source = self._serializer.loads(token)
        except (BadData, ValueError, TypeError):
            raise TokenUnknown from None
        return Claim(str(owner), str(source))
