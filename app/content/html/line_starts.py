"""Special blanks that hide a heading, table or list at the start of a line. Pure."""

from __future__ import annotations

import re

# Of no width: spaces and joiners, the byte order mark, soft hyphen, direction marks.
_NO_WIDTH = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_FIXED = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_BLANK = f"[ \t{_FIXED}]"
_MARKS = rf"(?:\#{{1,6}}(?={_BLANK})|[-*+](?={_BLANK})|\d{{1,9}}[.)](?={_BLANK}))"
_OTHER = r"(?:[|>]|```|~~~|:?-{3,}|={3,}[ \t]*$|</?[a-z]|<!--)"
_START = re.compile(
    rf"(?P<before>[ \t{_FIXED}{_NO_WIDTH}]*)(?:(?P<mark>{_MARKS})(?P<behind>[ \t{_FIXED}{_NO_WIDTH}]*)|(?={_OTHER}))",
    re.IGNORECASE,
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TO_SPACE = re.compile(f"[{_FIXED}]")
_UNSEEN = re.compile(f"[{_NO_WIDTH}]+")


def with_plain_starts(text: str) -> str:
    """Outside fenced code."""
    if text.isascii():
        return text
    lines, fence = [], ""
    for line in text.split("\n"):
        written = line if fence else _START.sub(_plain, line, count=1) if _START.match(line) else line
        found = _FENCE.match(written)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence):
            fence = ""
        lines.append(written)
    return "\n".join(lines)


def _plain(found: re.Match[str]) -> str:
    before = _TO_SPACE.sub("", _UNSEEN.sub("", found["before"]))
    if found["mark"] is None:
        return before
    return before + found["mark"] + (_TO_SPACE.sub(" ", _UNSEEN.sub("", found["behind"])) or " ")
