"""What counts as the same answer, and what an answer hash looks like.

Hashing itself is slow on purpose and belongs to a port: nothing here runs bcrypt. Called by the guess services, by the
hash generator and by the content checks, so that all three agree on one normal form.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

from app.core.text import sentence
from app.errors import HuntError

MAX_RAW_CHARACTERS = 200
MAX_NORMALISED_BYTES = 72  # bcrypt reads no further

# 22 characters carry the 16 bytes of salt, so only four letters can stand in the last of them; bcrypt refuses others.
_HASH = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


class InvalidAnswer(HuntError):
    """This text can be no answer at all. The message says why, in words for the team."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_answer", message)


_NO_LETTERS_OR_DIGITS = {code: None for code in range(128) if not chr(code).isalnum()}


def normalise(raw: str) -> str:
    """The form in which answers are compared: compatibility forms split, no marks, lower case, letters and digits only.

    “Crème brûlée!”, “CREME BRULEE” and “crèmebrûlée” are the same answer. Letters and digits of every script stay.
    Marks go before the case is lowered, because İ is lowered to an i with a mark. Normalising twice changes nothing.
    """
    if raw.isascii():
        # Nearly every guess; nothing to split and no marks, and fifty times faster.
        return raw.lower().translate(_NO_LETTERS_OR_DIGITS)
    split = unicodedata.normalize("NFKD", raw)
    lowered = "".join(sign for sign in split if not unicodedata.category(sign).startswith("M")).lower()
    return "".join(sign for sign in lowered if _is_letter_or_digit(sign))


def _is_letter_or_digit(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category.startswith("L") or category == "Nd"


def checked(raw: str) -> str:
    """The normal form of a guess that may be judged.

    Raises InvalidAnswer for more than 200 characters as typed, for nothing left after normalising, and for a normal
    form of more than 72 bytes, which bcrypt cannot tell from its own beginning.
    """
    if len(raw) > MAX_RAW_CHARACTERS:
        raise InvalidAnswer(sentence("An answer has at most %(most)s characters.", most=MAX_RAW_CHARACTERS))
    normalised = normalise(raw)
    if not normalised:
        raise InvalidAnswer(sentence("An answer needs at least one letter or digit."))
    if len(normalised.encode()) > MAX_NORMALISED_BYTES:
        raise InvalidAnswer(sentence("This is too long to be an answer."))
    return normalised


def digest(secret: bytes, scope: str, normalised: str) -> str:
    """A keyed fingerprint of an answer, to remember that it was seen without remembering the text (HMAC-SHA256, hex).

    ``scope`` says what for (a puzzle, a hash): the same word has unrelated digests in two scopes. Useless to a thief
    without ``secret``, since words are few enough to try them all. Raises ValueError for an empty secret.
    """
    if not secret:
        raise ValueError("a digest without a secret would hide nothing")
    named = scope.encode("utf-8", "surrogatepass")
    # The length keeps (“ab”, “c”) and (“a”, “bc”) apart.
    message = len(named).to_bytes(8, "big") + named + normalised.encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def is_answer_hash(text: str) -> bool:
    """Whether this is a well-formed bcrypt hash: ``$2a$``, ``$2b$`` or ``$2y$``, any cost from 4."""
    return _HASH.fullmatch(text) is not None


def cost_of(hash_text: str) -> int | None:
    """The cost a bcrypt hash was made with, or None when the text is no such hash."""
    found = _HASH.fullmatch(hash_text)
    return int(found[1]) if found else None


def comparable(hash_text: str) -> bytes:
    """The hash as bytes under the one prefix that every bcrypt knows: the three prefixes name the same computation."""
    return b"$2b$" + hash_text.encode()[4:]
