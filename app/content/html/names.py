"""The one map from names in a text (ids, anchors, image maps) to names on a page, where many texts meet.

HTML and CSS are rewritten by the same rule: a name of a field is the name with the field's own prefix in front.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

MAX_NAME = 100

_NAME = re.compile(rf"[^\s\x00-\x1f\x7f]{{1,{MAX_NAME}}}")


def prefix_of(record_id: str, field: str) -> str:
    """What stands in front of the names in a field of a record."""
    return f"{record_id}-{field.lower()}-"


class Names:
    """The names of one text. ``prefix`` keeps them apart from those of other texts and of the site."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._ids: set[str] = set()
        self._maps: set[str] = set()

    def give(self, tag: str, attributes: dict[str, str], warn: Callable[[str], None]) -> None:
        """Rewrite what an element is called; a name that is taken or impossible is taken out."""
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
        """The name on the page that a link leads to; the top of the page has its own."""
        plain = unquote(written)
        found = next((one for one in (written, plain) if one in self._ids), None)
        if found is not None:
            return self._prefix + found
        return "top" if plain.lower() == "top" else None

    def map_target(self, written: str) -> str | None:
        """The name of an image map."""
        return self._prefix + written if written in self._maps else None

    def target(self, written: str, attribute: str, warn: Callable[[str], None]) -> str | None:
        """The id that an attribute names."""
        if written in self._ids:
            return self._prefix + written
        warn(f"{attribute}=“{written[:60]}” names nothing in this text and was left out.")
        return None
