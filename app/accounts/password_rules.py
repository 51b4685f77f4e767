"""Passwords before they are hashed: what is allowed, which bytes bcrypt gets, and when a hash is out of date.

Running bcrypt, and taking equally long for an unknown name, is the business of the services and their hashing port.

bcrypt reads 72 bytes and its library refuses more. A longer password is therefore replaced by a digest of the whole of
it. Which of the two happened follows from the length alone, so nothing needs to be marked in the stored hash, and a
hash imported from elsewhere goes on working for every password of up to 72 bytes.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata

from app.core.answers import cost_of
from app.core.text import sentence

MIN_CHARACTERS = 8
BCRYPT_BYTES = 72

# A plain SHA-256 could be known from a leak elsewhere and be typed here as a (short) password of its own.
_LONG_PREFIX = b"infinity long password\0"


def problem(password: str) -> str | None:
    """What is wrong with a new password, as a sentence for the form, or None. There is no upper limit."""
    if len(unicodedata.normalize("NFC", password)) < MIN_CHARACTERS:
        return sentence("A password needs at least %(least)s characters.", least=MIN_CHARACTERS)
    return None


def prepared(password: str) -> bytes:
    """The bytes, 72 at most, that bcrypt is given for a password.

    In NFC, so that “é” is the same from a keyboard that sends one letter and from one that sends a letter and a mark;
    case, width and blanks are left as typed. Over 72 bytes: base64 of a SHA-256 of all of it, which holds no NUL byte.
    """
    plain = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    if len(plain) <= BCRYPT_BYTES:
        return plain
    return base64.b64encode(hashlib.sha256(_LONG_PREFIX + plain).digest())


def needs_upgrade(hash_text: str, cost: int) -> bool:
    """Whether a password that just fitted this hash should be hashed anew: it was made at a lower cost than ours."""
    made_at = cost_of(hash_text)
    return made_at is None or made_at < cost
