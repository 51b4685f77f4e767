"""Answer normalisation and the format of answer hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator

from app.core.text import sentence
from app.errors import HuntError

MAX_RAW_CHARACTERS = 200
MAX_NORMALISED_BYTES = 72  # bcrypt ignores the rest

# 22 characters encode the 16-byte salt, so the last one has only four valid values; bcrypt rejects others.
_HASH = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


class InvalidAnswer(HuntError):
    """The message is for the team."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_answer", message)


_NO_LETTERS_OR_DIGITS = {code: None for code in range(128) if not chr(code).isalnum()}

# Trade marks in small capitals. NFKD turns them into letters.
_TRADE_SIGNS = re.compile("[\u2120\u2122\U0001f16a-\U0001f16c]")
# Blocks of Latin, Greek, Cyrillic, Hebrew and Arabic letters.
_DROPS_MARKS = re.compile(
    "[A-Za-z\u00aa-\u02b8\u0370-\u03e1\u03f0-\u052f\u05d0-\u05f2\u0620-\u06ff\u0750-\u077f\u0870-\u08ff\u1c80-\u1c8f"
    "\u1d00-\u1dbf\u1e00-\u1fff\u2132\u214e\u2183\u2184\u2c60-\u2c7f\ua640-\ua69f\ua722-\ua7ff\uab30-\uab6f\ufe73"
    "\U00010780-\U000107bf\U00010ec0-\U00010eff\U0001df00-\U0001dfff]"
)
# Marks of those scripts, and marks of no script: letters only where they follow a letter of another script.
_COMMON_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0897-\u089f\u08ca-\u08ff"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\u2de0-\u2dff\ua66f\ua674-\ua67d\ua69e\ua69f\ufb1e\ufe20-\ufe2f]"
)
# Letters and marks by category that are none to a reader: apostrophes, accents and lengths that stand alone, tatweel,
# fillers, variation selectors, enclosing marks, parts of notes.
_IGNORED = re.compile(
    "[\u02b9-\u02c1\u02c6-\u02d1\u02ec\u02ee\u034f\u0488\u0489\u0559\u0640\u07f4\u07f5\u07fa\u115f\u1160\u141f"
    "\u17b4\u17b5\u180b-\u180f\u1abe\u20dd-\u20e0\u20e2-\u20e4\ua670-\ua672\ua78b\ua78c\ufe00-\ufe0f"
    "\U0001d165-\U0001d1ad\U000e0100-\U000e01ef]"
)
_BASIC = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
# Digits in circles that NFKD leaves alone: the first sign of each row and its number.
_CIRCLED_ROWS = ((0x2776, 1, 10), (0x2780, 1, 10), (0x278A, 1, 10), (0x24F5, 1, 10), (0x24EB, 11, 10), (0x24FF, 0, 1))
_CIRCLED = {
    chr(start + step): str(first + step) for start, first, length in _CIRCLED_ROWS for step in range(length)
}  # fmt: skip

_MINUS_SIGNS = str.maketrans(
    dict.fromkeys("\u2010\u2012\u2013\u2212", "-") | {"\u00b7": ".", "\u066b": ".", "\u2019": "'"}
)
# Sign, whole part with or without groups of three digits, digits after the point.
_NUMBER = re.compile(
    r"[^0-9.,-]*(-?)([1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:\.[0-9]{3})+|(?:'[0-9]{3})+)|[0-9]+|(?=[.,]))"
    r"(?:[.,]([0-9]+))?[^0-9-]*"
)


def normalise(raw: str) -> str:
    """Letters and digits without case and accents, in NFC. Idempotent; raises if none remain.

    A text that is one number keeps its minus sign and decimal point. Equals ``static/js/guess-text.js``;
    ``tests/core/answer_forms.json`` tests both.
    """
    if raw.isascii():
        # Fast path for nearly every guess: 50 times faster.
        split = raw.lower()
        form = split.translate(_NO_LETTERS_OR_DIGITS)
    else:
        split = "".join(map(_in_digits, unicodedata.normalize("NFKD", _TRADE_SIGNS.sub("", raw))))
        form = unicodedata.normalize("NFC", "".join(_letters_and_digits(split)))
    return _number(split) or form if form.isdecimal() and form != raw else form


def _in_digits(sign: str) -> str:
    return str(unicodedata.decimal(sign)) if unicodedata.category(sign) == "Nd" else _CIRCLED.get(sign, sign)


def _letters_and_digits(split: str) -> Iterator[str]:
    """``base``: the last letter or digit, to which a mark belongs whatever was dropped between."""
    base = ""
    for sign in split:
        kind = unicodedata.category(sign)[0]
        if kind not in "LNM" or _IGNORED.match(sign):
            continue
        if kind != "M":
            base = sign
            folded = sign.casefold()
            yield _BASIC.get(folded, folded)
        elif not _DROPS_MARKS.match(base) and (base.isalpha() or not _COMMON_MARKS.match(sign)):
            yield sign


def _number(split: str) -> str:
    """In ASCII; empty if it is not one number.

    A point or comma before three digits is dropped, as it may group thousands.
    """
    signs = "".join(sign for sign in split if unicodedata.category(sign) not in ("Cc", "Cf", "Zs", "Zl", "Zp"))
    found = _NUMBER.fullmatch(signs.translate(_MINUS_SIGNS))
    if found is None:
        return ""
    sign, whole, part = found.groups()
    digits = re.sub("[^0-9]", "", whole)
    return f"{sign}{digits or '0'}.{part}" if part else sign + digits


def former_form(raw: str) -> str:
    """The form before NFC, of stored digests."""
    split = unicodedata.normalize("NFKD", raw)
    lowered = "".join(sign for sign in split if unicodedata.category(sign)[0] != "M").lower()
    return "".join(sign for sign in lowered if unicodedata.category(sign)[0] == "L" or sign.isdecimal())


def checked(raw: str) -> str:
    """Normalise a guess.

    Raises InvalidAnswer if over 200 characters, empty once normalised, or over 72 bytes, where bcrypt truncates.
    """
    if len(raw) > MAX_RAW_CHARACTERS:
        raise InvalidAnswer(sentence("Answers can have up to %(most)s characters.", most=MAX_RAW_CHARACTERS))
    normalised = normalise(raw)
    if not normalised:
        raise InvalidAnswer(sentence("Enter at least one letter or number."))
    if len(normalised.encode()) > MAX_NORMALISED_BYTES:
        raise InvalidAnswer(sentence("That’s too long to be an answer."))
    return normalised


def digest(secret: bytes, scope: str, normalised: str) -> str:
    """HMAC-SHA256 in hex, keyed against dictionaries.

    Scopes give unrelated digests. Raises ValueError for an empty ``secret``.
    """
    if not secret:
        raise ValueError("a digest without a secret would hide nothing")
    named = scope.encode("utf-8", "surrogatepass")
    # The length prefix distinguishes (“ab”, “c”) from (“a”, “bc”).
    message = len(named).to_bytes(8, "big") + named + normalised.encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def is_answer_hash(text: str) -> bool:
    """bcrypt: ``$2a$``, ``$2b$`` or ``$2y$``, cost 4 or more."""
    return _HASH.fullmatch(text) is not None


def cost_of(hash_text: str) -> int | None:
    """None if the text is no bcrypt hash."""
    found = _HASH.fullmatch(hash_text)
    return int(found[1]) if found else None


def comparable(hash_text: str) -> bytes:
    """Normalise the prefix: all three mean the same algorithm."""
    return b"$2b$" + hash_text.encode()[4:]
