"""Where one may be led after logging in, a page of this site and nothing that only looks like one; and row numbers.

Pure.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from werkzeug.routing import IntegerConverter

LONGEST_PATH = 1_000
# Decoding stops changing anything after a few rounds, or somebody wants to be clever.
ROUNDS = 4
_PRINTABLE = "".join(map(chr, range(33, 127)))
# Without what browsers read as a slash, and without all that a browser would leave out before it looks.
_PLAIN = re.compile(r"/[!-\[\]-~]*")
_NOWHERE = re.compile(r"/account/(login|logout|register|reset|forgot)\b")


def path_on_this_site(text: str | None) -> str | None:
    """The path, if following it cannot leave this site, whoever decodes it on the way; else None."""
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
    # Two slashes begin a host for a browser; dots can move them there.
    return bool(_PLAIN.fullmatch(text)) and "//" not in path and not {".", ".."} & set(path.split("/"))


def _path_of(text: str) -> str:
    return re.split(r"[?#]", text, maxsplit=1)[0]


def _decoded_path(text: str) -> str:
    """The path with one round of percent-encoding undone. Blanks and letters of other scripts stay encoded."""
    return re.sub(r"%(?!20)[0-7][0-9A-Fa-f]", lambda code: unquote(code[0]), _path_of(text))


class RowNumber(IntegerConverter):
    """``<int:…>`` in a route: the number of a row. One that is too long for any row becomes one that no row has.

    Not fitting the route would be told apart from an unknown row: as a 405 where the address takes other methods.
    """

    most_digits = 18
    no_row = 2**63 - 1

    def to_python(self, value: str) -> int:
        """The number; some drivers break at one that is longer than any table's."""
        return self.no_row if len(value) > self.most_digits else int(super().to_python(value))
