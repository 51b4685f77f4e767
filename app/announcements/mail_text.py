"""An announcement as plain text for a mail. Pure."""

from __future__ import annotations

import re

# A picture, a link, and an address in angle brackets, as Markdown writes them.
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
_LINK = re.compile(r"\[([^\]\n]+)\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"\n]*\")?\s*\)")
_BRACKETED = re.compile(r"<(https?://[^>\s]+|mailto:[^>\s]+)>")


def as_plain_text(markdown: str, site_url: str) -> str:
    """``[here](/x)`` becomes ``here (https://site/x)``.

    ``site_url`` ends in a slash; without it internal links keep their text only.
    """

    def written_out(found: re.Match[str]) -> str:
        words, address = found[1], found[2]
        if re.match(r"[a-z][a-z0-9+.-]*:", address, re.IGNORECASE):
            return words if words == address else f"{words} ({address})"
        if site_url and address.startswith("/") and not address.startswith("//"):
            return f"{words} ({site_url}{address.lstrip('/')})"
        return words

    text = _PICTURE.sub(r"\1", markdown.replace("\r\n", "\n"))
    return _BRACKETED.sub(r"\1", _LINK.sub(written_out, text)).strip()
