"""Password rules, and input for bcrypt.

bcrypt reads 72 bytes; longer passwords become a digest. Length alone decides, so imported hashes keep working.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata

from app.core.answers import cost_of
from app.core.text import sentence

MIN_CHARACTERS = 8
BCRYPT_BYTES = 72

# Without a prefix, a SHA-256 leaked elsewhere would work here as a (short) password.
_LONG_PREFIX = b"infinity long password\0"


def problem(password: str) -> str | None:
    if len(unicodedata.normalize("NFC", password)) < MIN_CHARACTERS:
        return sentence("Use at least %(least)s characters.", least=MIN_CHARACTERS)
    return None


def prepared(password: str) -> bytes:
    """At most 72 bytes.

    NFC unifies keyboards. Longer ones become base64 of SHA-256, without NUL.
    """
    plain = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    if len(plain) <= BCRYPT_BYTES:
        return plain
    return base64.b64encode(hashlib.sha256(_LONG_PREFIX + plain).digest())


def needs_upgrade(hash_text: str, cost: int) -> bool:
    made_at = cost_of(hash_text)
    return made_at is None or made_at < cost
