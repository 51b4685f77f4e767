"""Texts that wait in the database and must tell nothing to whoever has a copy of it: a mail with a one-time link.

The text is covered by a keystream and signed; both come from the server's secret and a number used once. SHAKE-256
over secret and number is the keystream, HMAC-SHA256 over number and covered text the signature (encrypt, then MAC).
Called by mailing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

_NUMBER_BYTES = _SIGNATURE_BYTES = 32


class SealBroken(ValueError):
    """This was not sealed here, or under another secret, or it was changed."""


def seal(secret: bytes, text: str) -> str:
    """The text as only the holder of the secret can read it."""
    number, plain = secrets.token_bytes(_NUMBER_BYTES), text.encode("utf-8", "surrogatepass")
    covered = _covered(secret, number, plain)
    return base64.b64encode(number + _signature(secret, number + covered) + covered).decode()


def open_seal(secret: bytes, sealed: str) -> str:
    """The text that was sealed. Raises :class:`SealBroken`."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise SealBroken from None
    number, rest = raw[:_NUMBER_BYTES], raw[_NUMBER_BYTES:]
    signature, covered = rest[:_SIGNATURE_BYTES], rest[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(secret, number + covered)):
        raise SealBroken
    return _covered(secret, number, covered).decode("utf-8", "surrogatepass")


def _covered(secret: bytes, number: bytes, text: bytes) -> bytes:
    stream = hashlib.shake_256(b"seal" + hashlib.sha256(secret).digest() + number).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))


def _signature(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(hashlib.sha256(b"sign seal" + secret).digest(), text, "sha256")
