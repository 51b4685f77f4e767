"""Encryption of database values, so that a stolen database reveals nothing. Fernet with one key per purpose, so
that a token cannot be reused elsewhere.
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
    """Wrong purpose, wrong secret, or changed token."""


class Encryption:
    """Encrypts with the first secret and decrypts with any, for rotation."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secrets)
        self._keys: dict[str, MultiFernet] = {}

    def encrypt(self, purpose: str, text: str) -> str:
        return self._key(purpose).encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def decrypt(self, purpose: str, token: str) -> str:
        """Raises :class:`DecryptionFailed`."""
        try:
            return self._key(purpose).decrypt(token.encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            return self._decrypt_first_format(token)

    def renewed(self, purpose: str, token: str) -> str | None:
        """Return the token encrypted with the first secret; None if it is already.

        Raises :class:`DecryptionFailed`.
        """
        text = self.decrypt(purpose, token)
        try:
            Encryption(self._secrets[:1]).decrypt(purpose, token)
        except DecryptionFailed:
            return self.encrypt(purpose, text)
        return None

    def _key(self, purpose: str) -> MultiFernet:
        if purpose not in self._keys:
            info = b"infinity encryption: " + purpose.encode()
            derived = (HKDF(SHA256(), 32, None, info).derive(secret) for secret in self._secrets)
            self._keys[purpose] = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
        return self._keys[purpose]

    def _decrypt_first_format(self, token: str) -> str:
        """Reads the format before Fernet: base64 of a nonce, an HMAC, and the text XOR a SHAKE-256 stream."""
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
