"""Against open redirects; row numbers in routes."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from werkzeug.routing import IntegerConverter

LONGEST_PATH = 1_000
# Normal paths stop changing after a few rounds; more suggests an attack.
ROUNDS = 4
_PRINTABLE = "".join(map(chr, range(33, 127)))
# Excludes backslashes, which browsers read as slashes, and characters that browsers strip.
_PLAIN = re.compile(r"/[!-\[\]-~]*")
_NOWHERE = re.compile(r"/account/(login|logout|register|reset|forgot)\b")


def path_on_this_site(text: str | None) -> str | None:
    """If it stays here under repeated decoding; else None."""
    if not text or len(text) > LONGEST_PATH:
        return None
    text = decoded = quote(text, safe=_PRINTABLE, errors="replace")
    for _ in range(ROUNDS):
        if not _is_plain(decoded):
            return None
        before, decoded = decoded, _decoded_path(decoded)
        if decoded == before:
            return None if _NOWHERE.match(decoded) else text
    return None


def _is_plain(text: str) -> bool:
    path = _path_of(text)
    # Browsers read "//" as the start of a host; dot segments can produce it.
    return bool(_PLAIN.fullmatch(text)) and "//" not in path and not {".", ".."} & set(path.split("/"))


def _path_of(text: str) -> str:
    return re.split(r"[?#]", text, maxsplit=1)[0]


def _decoded_path(text: str) -> str:
    """One round, except spaces and non-ASCII."""
    return re.sub(r"%(?!20)[0-7][0-9A-Fa-f]", lambda code: unquote(code[0]), _path_of(text))


class RowNumber(IntegerConverter):
    """``<int:…>``; oversized numbers become a nonexistent row.

    A failed match could return 405, unlike an unknown row.
    """

    most_digits = 18
    no_row = 2**63 - 1

    def to_python(self, value: str) -> int:
        """Some drivers fail beyond 64 bits."""
        return self.no_row if len(value) > self.most_digits else int(super().to_python(value))
