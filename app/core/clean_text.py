"""Removal of control characters from plain text."""

from __future__ import annotations

import re

# C0 and C1 controls except tab and line feed, lone surrogates, and two noncharacters. Other invisible characters
# (joiners, direction marks) remain: puzzles use them.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean_text(text: str) -> str:
    """Normalise line ends and remove control characters, which databases, pages and terminals mishandle."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def has_control_signs(text: str) -> bool:
    """Whether :func:`clean_text` would remove anything; line ends do not count."""
    return _UNWANTED.search(text.replace("\r", "")) is not None


def one_line(text: str) -> str:
    """Collapse each run of white space into one space."""
    return " ".join(text.split())
