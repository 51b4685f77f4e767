"""Links for web addresses in plain text by teams and helpers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

# No quotes, brackets, blanks or invisible signs that turn the direction of writing: what is read is what opens.
_ADDRESS = re.compile(
    r"(?<![^\W_])https?://(?=[^\W_]|\[)"
    r"(?:(?![,;|]https?://)[^\s<>\"\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff])+",
    re.IGNORECASE,
)
# What ends a sentence or a quotation, and not an address.
_TRAILING = ".,;:!?'`*_~…。，、；：！？’”“»«›‹„‚」』】》〉"
# In https://bank.example@evil.example the first name looks like the host.
_HAS_USER = re.compile(r"\w+://[^/?#\\]*@")
_PAIRS = {")": "(", "]": "[", "}": "{", "）": "（"}


def linked(text: str) -> Markup:
    """Escaped, with links."""
    return Markup("").join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    end = 0
    for found in _ADDRESS.finditer(text):
        address = _without_trailing(found[0])
        yield escape(text[end : found.start()])
        if address.partition("://")[2] and not _HAS_USER.match(address):
            link = Markup('<a href="{0}" rel="noopener nofollow" target="_blank">{0}</a>')
            yield link.format(address)
        else:
            yield escape(address)
        end = found.start() + len(address)
    yield escape(text[end:])


def _without_trailing(address: str) -> str:
    """Without trailing punctuation; a bracket stays if opened inside."""
    while address:
        last = address[-1]
        opening = _PAIRS.get(last)
        is_unpaired = opening is not None and address.count(last) > address.count(opening)
        if last not in _TRAILING and not is_unpaired:
            break
        address = address[:-1]
    return address
