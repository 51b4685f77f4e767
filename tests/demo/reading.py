"""What a solver does to any page before thinking: take out its tables and quotations, count, turn numbers into letters.

Called by the derivations of all three levels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Table = list[list[str]]
Known = Mapping[str, str]

A_TO_Z = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def tables(markdown: str) -> list[Table]:
    """Every table of a text, header row first, without the line of dashes and without bold marks."""
    found: list[Table] = []
    is_inside = False
    for line in markdown.splitlines():
        if not line.startswith("|"):
            is_inside = False
            continue
        if not is_inside:
            found.append([])
        is_inside = True
        if not re.fullmatch(r"[|\-: ]+", line) or "-" not in line:
            found[-1].append([cell.strip().strip("*`") for cell in line.strip("|").split("|")])
    return found


def quoted_lines(markdown: str) -> list[str]:
    """The lines of a text's quotations, without the mark and the sign for a line break."""
    return [line.removeprefix(">").rstrip("\\").strip() for line in markdown.splitlines() if line.startswith(">")]


def letter(number: int) -> str:
    return A_TO_Z[number - 1]


def ordinal(words: str) -> int:
    """3 for ``3rd``."""
    return int(re.match(r"\d+", words).group())  # type: ignore[union-attr]
