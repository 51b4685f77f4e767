"""Encryption of what waits in the database: without the server's secret, a copy of the database reveals none of it.

Fernet (AES-CBC and HMAC-SHA256) under a key for each purpose, so that a text cannot be moved to another place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class DecryptionFailed(ValueError):
    """The text was encrypted for another purpose or with another secret, or it was changed."""


class Encryption:
    """Encrypts with the first secret and decrypts with any of them, so that secrets can be rotated."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secrets)
        self._keys: dict[str, MultiFernet] = {}

    def encrypt(self, purpose: str, text: str) -> str:
        """Return the text as a token."""
        return self._key(purpose).encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def decrypt(self, purpose: str, token: str) -> str:
        """Return the text of a token. Raises :class:`DecryptionFailed`."""
        try:
            return self._key(purpose).decrypt(token.encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            return self._decrypt_first_format(token)

    def _key(self, purpose: str) -> MultiFernet:
        if purpose not in self._keys:
            info = b"infinity encryption: " + purpose.encode()
            derived = (HKDF(SHA256(), 32, None, info).derive(secret) for secret in self._secrets)
            self._keys[purpose] = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
        return self._keys[purpose]

    def _decrypt_first_format(self, token: str) -> str:
        """Read what releases before Fernet wrote: base64 of a nonce, an HMAC, and the text XOR a SHAKE-256 stream."""
        try:
            raw = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            raise DecryptionFailed from None
        nonce, signature, covered = raw[:32], raw[32:64], raw[64:]
        for secret in self._secrets:
            signed = hmac.digest(hashlib.sha256(b"sign seal" + secret).digest(), nonce + covered, "sha256")
            if hmac.compare_digest(signature, signed):
                stream = hashlib.shake_256(b"seal" + hashlib.sha256(secret).digest() + nonce).digest(len(covered))
                plain = bytes(one ^ other for one, other in zip(covered, stream, strict=True))
                return plain.decode("utf-8", "surrogatepass")
        raise DecryptionFailed
