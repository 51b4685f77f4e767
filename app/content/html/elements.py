"""The last step on sanitised HTML: names, alignment, pictures, headings, order of attributes.

Expects the sanitiser's output: each ``<`` begins a tag, values stand in double quotes. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from urllib.parse import unquote

from app.content.html.allowed import ID_LISTS, ORDER, RENAMED

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
        if tag == "map" and "id" in attributes:
            # Browsers find a map by its id too.
            self._maps.add(attributes["id"].removeprefix(self._prefix))

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


# Tags without attributes stay as they are, but for these.
_CHANGED = "|".join(["h[1-6]", "img", "audio", "video", "track", *RENAMED])
_TAG = re.compile(
    rf"<(/?)(?=(?:{_CHANGED})[\s>]|[a-z][a-z0-9]*\s)([a-z][a-z0-9]*)((?:\s+[^\s=\"'<>/]+(?:=\"[^\"]*\")?)*)\s*>"
)
_ATTRIBUTE = re.compile(r"\s+([^\s=\"'<>/]+)(?:=\"([^\"]*)\")?")
_HEADING = re.compile(r"h[1-6]")
_MEDIA = {"controls": "", "preload": "metadata"}
_ADDED = {
    "a": {"rel": "noopener"},
    "area": {"rel": "noopener"},
    "img": {"loading": "lazy", "decoding": "async"},
    "audio": _MEDIA,
    "video": _MEDIA,
}
NO_ALT = "A picture has no text for people who cannot see it. Write one: ![what it shows](…)."
NO_ADDRESS = "A picture without an address that may be used was left out."

Warn = Callable[[str], None]
Attributes = dict[str, str]


def finished(html: str, names: Names, warn: Warn) -> str:
    """``warn`` is called for what is left out."""
    pieces = list(_pieces(html))
    for is_end, tag, attributes in (piece for piece in pieces if not isinstance(piece, str)):
        if not is_end:
            names.give(tag, attributes, warn)
    writer = _Writer(names, warn)
    return "".join(piece if isinstance(piece, str) else writer.tag(*piece) for piece in pieces)


def _pieces(html: str) -> Iterator[str | tuple[bool, str, Attributes]]:
    done = 0
    for found in _TAG.finditer(html):
        yield html[done : found.start()]
        yield bool(found[1]), found[2], {name: unescape(value) for name, value in _ATTRIBUTE.findall(found[3])}
        done = found.end()
    yield html[done:]


@dataclass
class _Writer:
    names: Names
    warn: Warn
    above: list[int] = field(default_factory=list)

    def tag(self, is_end: bool, tag: str, attributes: Attributes) -> str:
        tag, own_class = RENAMED.get(tag, (tag, ""))
        if _HEADING.fullmatch(tag):
            tag = self._heading(int(tag[1]), is_end)
        if is_end:
            return f"</{tag}>"
        if own_class:
            _add_class(attributes, own_class)
        self._align(tag, attributes)
        self._refer(tag, attributes)
        if tag in ("img", "track") and "src" not in attributes:
            self.warn(NO_ADDRESS if tag == "img" else "Captions without an address that may be used were left out.")
            return ""
        if tag == "img":
            self._describe(attributes)
        if tag not in ("a", "area") or "href" in attributes:
            attributes |= _ADDED.get(tag, {})
        ordered = sorted(attributes.items(), key=lambda one: (ORDER.get(one[0], len(ORDER)), one[0]))
        return f"<{tag}" + "".join(f' {name}="{escape(value)}"' for name, value in ordered) + ">"

    def _heading(self, written: int, is_end: bool) -> str:
        """Headings begin at h2 and skip no level; end tags match their start tags."""
        if not is_end:
            while self.above and self.above[-1] >= written:
                self.above.pop()
            self.above.append(written)
        return f"h{min(len(self.above) + 1, 6)}"

    @staticmethod
    def _align(tag: str, attributes: Attributes) -> None:
        """Align by class; an attribute would override the site's style."""
        if side := attributes.pop("align", "").strip().lower():
            _add_class(attributes, f"block-{side}" if tag == "table" else f"align-{side}")
        if side := attributes.pop("valign", "").strip().lower():
            _add_class(attributes, f"valign-{side}")
        if attributes.get("width", "").endswith("px"):
            attributes["width"] = attributes["width"].removesuffix("px")

    def _refer(self, tag: str, attributes: Attributes) -> None:
        for name in ("href", "usemap"):
            value = attributes.get(name, "").strip()
            if name == "usemap" and not value.strip("#"):
                attributes.pop(name, None)
                continue
            if name == "usemap" and not value.startswith("#"):
                value = f"#{value}"
            if value.startswith("#") and len(value) > 1:
                target = self.names.map_target(value[1:]) if name == "usemap" else self.names.link_target(value[1:])
                if target is None:
                    self.warn(
                        f"{name}=“{value[:60]}” leads nowhere: nothing in this text has that name. It was left out."
                    )
                    del attributes[name]
                else:
                    attributes[name] = f"#{target}"
        for name in ID_LISTS & attributes.keys():
            known = [self.names.target(one, name, self.warn) for one in attributes[name].split()]
            attributes[name] = " ".join(one for one in known if one)
            if not attributes[name]:
                del attributes[name]

    def _describe(self, attributes: Attributes) -> None:
        if not attributes.get("alt", "").strip() and "role" not in attributes:
            self.warn(NO_ALT)
        attributes.setdefault("alt", "")


def _add_class(attributes: Attributes, name: str) -> None:
    attributes["class"] = f"{attributes['class']} {name}" if attributes.get("class") else name
