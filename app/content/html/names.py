"""How names in a text (ids, anchors, image maps) become names on a page: the field's own prefix is added.

HTML and CSS use the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

MAX_NAME = 100

_NAME = re.compile(rf"[^\s\x00-\x1f\x7f]{{1,{MAX_NAME}}}")


def prefix_of(record_id: str, field: str) -> str:
    return f"{record_id}-{field.lower()}-"


class Names:
    """The names of one text; ``prefix`` separates them from those of other texts and of the site."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._ids: set[str] = set()
        self._maps: set[str] = set()

    def give(self, tag: str, attributes: dict[str, str], warn: Callable[[str], None]) -> None:
        """Rename an element's ids; remove taken or invalid ones."""
        if tag == "a" and "name" in attributes:
            anchor = attributes.pop("name")
            attributes.setdefault("id", anchor)
        for name, taken in (("id", self._ids), ("name", self._maps)):
            if name not in attributes:
                continue
            value = attributes.pop(name)
            if not _NAME.fullmatch(value):
                warn(f"{name}=“{value[:60]}” was taken out: a name has no blanks and at most {MAX_NAME} characters.")
            elif value in taken:
                warn(f"{name}=“{value[:60]}” stands twice in this text; only the first is kept.")
            else:
                taken.add(value)
                attributes[name] = self._prefix + value

    def link_target(self, written: str) -> str | None:
        """The id that a link leads to; the top of the page has its own."""
        plain = unquote(written)
        found = next((one for one in (written, plain) if one in self._ids), None)
        if found is not None:
            return self._prefix + found
        return "top" if plain.lower() == "top" else None

    def map_target(self, written: str) -> str | None:
        return self._prefix + written if written in self._maps else None

    def target(self, written: str, attribute: str, warn: Callable[[str], None]) -> str | None:
        if written in self._ids:
            return self._prefix + written
        warn(f"{attribute}=“{written[:60]}” names nothing in this text and was left out.")
        return None
