"""Emphasis that CommonMark misses: ``**Across **and``, ``**答え。**続く``. Pure.

Airtable and word processors put a blank inside the marks; Japanese and Chinese have none after a full stop. Only
marks that pair up clearly are changed.
"""

from __future__ import annotations

import re
import unicodedata

TAGS = {"***": ("em", "strong"), "___": ("em", "strong"), "**": ("strong",), "__": ("strong",), "~~": ("s",)}
ONE = ("em",)

_PIECE = re.compile(
    r"(?P<other>\\.|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)|<[^<>\n]*>|\]\([^()\s]*|https?://[^\s*~]+)"
    r"|(?P<mark>(?<!\*)\*{1,3}(?!\*)|(?<!_)_{1,3}(?!_)|(?<!~)~~(?!~))",
    re.DOTALL,
)
_LETTERS = re.compile(r"[^\W\d_]")

Span = tuple[int, int]


def with_whole_marks(text: str) -> str:
    if "*" not in text and "_" not in text and "~~" not in text:
        return text
    places: dict[str, list[Span]] = {}
    for found in _PIECE.finditer(text):
        if found["mark"]:
            places.setdefault(found["mark"], []).append(found.span())
    tags: dict[Span, str] = {}
    for mark, spans in places.items():
        if len(spans) % 2 == 0:
            tags |= _tags(text, mark, spans)
    pieces, done = [], 0
    for (start, end), tag in sorted(tags.items()):
        pieces += [text[done:start], tag]
        done = end
    return "".join(pieces) + text[done:]


def _tags(text: str, mark: str, spans: list[Span]) -> dict[Span, str]:
    names = TAGS.get(mark, ONE)
    found: dict[Span, str] = {}
    for opening, closing in zip(spans[::2], spans[1::2], strict=True):
        if _opens(text, opening, mark) and _closes(text, closing, mark):
            continue
        if _is_meant(text, opening, closing, mark):
            found[opening] = "".join(f"<{name}>" for name in names)
            found[closing] = "".join(f"</{name}>" for name in reversed(names))
    return found


def _is_meant(text: str, opening: Span, closing: Span, mark: str) -> bool:
    before, behind = _around(text, opening)[0], _around(text, closing)[1]
    inside = text[opening[1] : closing[0]]
    is_tight = not inside[:1].isspace(), not inside[-1:].isspace()
    if not any(is_tight) or not _LETTERS.search(inside):
        return False
    if len(mark) > 1 and mark[0] != "_":
        return True
    # A single star may be a sign of arithmetic, and an underscore a blank or a part of a name.
    if _is_word(before) or not is_tight[0] or not _LETTERS.match(behind) or not _LETTERS.match(inside):
        return False
    return _is_cjk(behind) or len(inside.strip()) > 1


def _opens(text: str, span: Span, mark: str) -> bool:
    before, behind = _around(text, span)
    is_left = not behind.isspace() and (not _is_sign(behind) or before.isspace() or _is_sign(before))
    return is_left and (mark[0] != "_" or before.isspace() or _is_sign(before))


def _closes(text: str, span: Span, mark: str) -> bool:
    before, behind = _around(text, span)
    is_right = not before.isspace() and (not _is_sign(before) or behind.isspace() or _is_sign(behind))
    return is_right and (mark[0] != "_" or behind.isspace() or _is_sign(behind))


def _around(text: str, span: Span) -> tuple[str, str]:
    return text[max(0, span[0] - 1) : span[0]] or " ", text[span[1] : span[1] + 1] or " "


def _is_word(sign: str) -> bool:
    return sign.isalnum() and not _is_cjk(sign)


def _is_sign(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "PS"


def _is_cjk(sign: str) -> bool:
    return "\u3000" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7a3" or "\uff00" <= sign <= "\uffef"
