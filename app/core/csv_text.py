"""CSV without formulas, for spreadsheets with any separator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

LINES_A_PIECE = 500
MARK = "\ufeff"  # tells spreadsheets that the file is in UTF-8
# With semicolons x;=1+1;y is three cells, quotes or not: each possible cell gets an apostrophe, which reading removes.
# What a spreadsheet takes for a formula, whatever blanks and quotes are in front: at the start some take more for one.
_LEAD = r"[\s\"']*"
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_AT_START = rf"(?={_LEAD}[{_SIGNS}|%\t\r\n])"
_INSIDE = rf"(?={_LEAD}[{_SIGNS}])"
_SEPARATOR = r"\r\n|[;|\t\r\n]"
_ARMED = re.compile(rf"(\A){_AT_START}|({_SEPARATOR}){_INSIDE}")
_DISARMED = re.compile(rf"(\A)'{_AT_START}|({_SEPARATOR})'{_INSIDE}")
_QUOTED = re.compile(r"[,;|\t\r\n\"']|^\s|\s$")
# The first line that spreadsheets write and read for themselves.
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=([,;|\t])\"?[,;|\t]*(?=[\r\n]|\Z)", re.IGNORECASE)
_IDLE_LINES = re.compile(r"\A(?:(?:[,;|\t \u00a0\ufeff]|\"\")*(?:\r\n|\r|\n))+")
_SEPARATORS = re.compile(r"[,;|\t\r\n]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTATION = re.compile(r'"[^"]*"')
_HEAD_CHARACTERS = 65_536


def as_csv(heads: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield _line(heads)
    lines = map(_line, rows)
    while piece := "".join(islice(lines, LINES_A_PIECE)):
        yield piece


def separated(text: str, separators: str, known: Callable[[list[str]], int]) -> tuple[str, str]:
    """The separator, by the first line that holds something, and the text without a line ``sep=;``.

    ``known`` counts the names of columns among cells. Lines of nothing but separators become empty.
    """
    if found := _SEPARATOR_LINE.match(text):
        return found[1], text[found.end() :]
    text = _IDLE_LINES.sub(lambda idle: "".join(_LINE_END.findall(idle[0])), text, count=1)
    plain = _QUOTATION.sub(lambda found: _SEPARATORS.sub(" ", found[0][1:-1]), text[:_HEAD_CHARACTERS])
    head = next((row for row in plain.splitlines() if row.strip()), "")
    return max(separators, key=lambda one: (known(head.split(one)), head.count(one))), text


def safe_cell(value: object) -> str:
    """No formula; numbers stay numbers."""
    if value is None:
        return ""
    return str(value) if isinstance(value, bool | int | float) else _ARMED.sub(r"\1\2'", str(value))


def read_cell(text: str) -> str:
    """Inverse of :func:`safe_cell` for texts."""
    return _DISARMED.sub(r"\1\2", text)


def _line(row: Iterable[object]) -> str:
    return ",".join(_field(safe_cell(value)) for value in row) + "\r\n"


def _field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
