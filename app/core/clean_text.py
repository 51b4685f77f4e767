"""Plain texts: which signs may occur in one, whatever it will become. Used by every other part of content."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and line feed, half surrogates, and the two signs that are no signs. What is invisible but
# means something (joiners, directions) stays: puzzles are made of it.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean_text(text: str) -> str:
    """The text with plain line ends and without control signs, so that no database, page or terminal trips over it."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def has_control_signs(text: str) -> bool:
    """Whether :func:`clean_text` would take something away other than the way lines end."""
    return _UNWANTED.search(text.replace("\r", "")) is not None


def one_line(text: str) -> str:
    """The text on one line, each run of white space a single space."""
    return " ".join(text.split())
