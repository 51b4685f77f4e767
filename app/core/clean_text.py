"""Plain text: control characters, and visibility."""

from __future__ import annotations

import re
import unicodedata

# What breaks a line besides LF: CR, vertical tab (the soft break of spreadsheets), form feed, the separators of files,
# groups and records, NEL, and Unicode's own two.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# C0 and C1 controls except tab and line feed, lone surrogates, and two noncharacters. Other invisible characters
# (joiners, direction marks) remain: puzzles use them.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CHANGED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
# NUL and lone surrogates: no database takes the one, nothing can encode the other.
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
BLANKS = frozenset({"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"})  # letters and symbols that render blank


# Signs that emoji are joined from, and the two ways: ZERO WIDTH JOINER between two of them, and the black flag followed
# by the letters of a region in tags (England, Scotland, Texas).
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JOINED = re.compile(f"(?<=[{_EMOJI}\ufe0f\u20e3])\u200d(?=[{_EMOJI}])")
_REGION_FLAG = re.compile("\U0001f3f4([\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6})\U000e007f")
_TAGS = 0xE0000


def clean_text(text: str) -> str:
    """Make line ends LF and remove control characters."""
    if _CHANGED.search(text) is None:
        return text
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text).replace("\x1f", " "))


def has_control_signs(text: str) -> bool:
    """Whether :func:`clean_text` would change more than line ends."""
    return _CHANGED.search(text) is not None and _UNWANTED.search(_LINE_ENDS.sub("\n", text)) is not None


def is_storable(text: str) -> bool:
    """No NUL, no lone surrogate."""
    return (text.isascii() and "\0" not in text) or _NOT_STORABLE.search(text) is None


def storable(text: str, instead: str = "") -> str:
    """Replace what :func:`is_storable` refuses by ``instead``."""
    return text if is_storable(text) else _NOT_STORABLE.sub(instead, text)


def emoji_split(text: str) -> str:
    """Split emoji sequences into visible parts: no joiner, tags as letters."""
    if text.isascii():
        return text
    flags = _REGION_FLAG.sub(lambda found: "\U0001f3f4" + "".join(chr(ord(tag) - _TAGS) for tag in found[1]), text)
    return _JOINED.sub("", flags)


def is_plain(text: str, besides: str = "") -> bool:
    """Whether nothing is invisible: no controls, no format characters outside emoji. ``besides``: also allowed."""
    return all(sign.isprintable() or sign in besides for sign in emoji_split(text))


def one_line(text: str) -> str:
    return " ".join(text.split())


def has_visible(text: str) -> bool:
    """Whether a letter, digit, sign or symbol shows, not only blanks, marks and joiners."""
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in BLANKS for sign in text)
