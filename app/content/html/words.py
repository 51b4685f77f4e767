"""The words of a text, to find losses. Pure.

Words are separated by blanks and ASCII punctuation, Markdown's marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from html import unescape

MOST_NAMED = 8

_WORD = re.compile(
    r"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+"
)
_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|nobr|q|s|samp|small|span|strike|strong|sub"
    "|script|style|sup|tt|u|var|wbr"
)
_TAG = re.compile(r"</?([a-zA-Z][^\s/>]*)(?:[^>\"']|\"[^\"]*\"|'[^']*')*>?")
_JOINED = re.compile(rf"(?:{_INLINE})", re.IGNORECASE)
_DECLARATION = re.compile(r"<[!?][^>-][^>]*>")
_UNREAD = re.compile(r"<(?:(script|style)(?=[\s>/])|(!--))", re.IGNORECASE)


def words_in(texts: Iterable[str]) -> Counter[str]:
    return Counter(_WORD.findall(unicodedata.normalize("NFC", " ".join(texts))))


def words_of_html(html: str) -> Counter[str]:
    """The visible words; a tag separates words unless it is an inline one."""
    seen = _DECLARATION.sub("", without_unread(html))
    seen = _TAG.sub(lambda found: "" if _JOINED.fullmatch(found[1]) else " ", seen)
    return words_in([unescape(seen)])


def tag_counts(html: str) -> Counter[str]:
    return Counter(
        "h" if re.fullmatch(r"h[1-6]", name) else name
        for found in _TAG.finditer(without_unread(html))
        if found[0][1] != "/" and (name := found[1].lower())
    ) + Counter(found[1].lower() for found in _UNREAD.finditer(html) if found[1])


def without_unread(html: str) -> str:
    """HTML without comments and code; an unclosed one stays."""
    pieces, done = [], 0
    while found := _UNREAD.search(html, done):
        end = html.find("-->", found.end()) if found[2] else html.lower().find(f"</{found[1].lower()}", found.end())
        if end < 0:
            break
        pieces.append(html[done : found.start()])
        done = end + 3 if found[2] else end
    return "".join([*pieces, html[done:]])


def comments_in(html: str) -> list[str]:
    return [found[0] for found in re.finditer(r"<!--.*?(?:-->|\Z)|<[!?][^>-][^>]*>?", html, re.DOTALL)]


def named(words: Counter[str]) -> str:
    several = list(words)
    more = f" and {len(several) - MOST_NAMED} more" if len(several) > MOST_NAMED else ""
    return ", ".join(f"“{word[:40]}”" for word in several[:MOST_NAMED]) + more
