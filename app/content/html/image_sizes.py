"""Sizes, smaller copies and links to the original for a content's pictures.

With sizes, pages do not jump while pictures load. Works on sanitised HTML; pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from app.content.assets import stored_asset
from app.core.model import Attachment, Content
from app.prox.media_type import drawing_size, kind_of

SIZES = "(min-width: 64rem) 46rem, 100vw"
_PIECE = re.compile(r"<a(?=[\s>])|</a>|<img((?:\s+[\w-]+(?:=\"[^\"]*\")?)*)\s*>")
_ATTRIBUTE = re.compile(r"\s+([\w-]+)(?:=\"([^\"]*)\")?")


@dataclass(frozen=True, slots=True)
class Shown:
    """``url`` has a digest of the bytes; ``smaller``: (address, width)."""

    url: str
    width: int | None = None
    height: int | None = None
    smaller: tuple[tuple[str, int], ...] = ()

    @property
    def srcset(self) -> str:
        if not self.smaller:
            return ""
        return ", ".join(f"{url} {width}w" for url, width in (*self.smaller, (self.url, self.width)))


def furnish(content: Content, shown: Mapping[str, Shown]) -> Content:
    known = {**_assets(content.assets), **shown}
    if not known:
        return content
    changes = {name: _furnished(getattr(content, name), known) for name in ("levels", "puzzles", "pages")}
    return replace(content, **changes)


def _assets(assets: Mapping[str, str]) -> dict[str, Shown]:
    found = {}
    for uri in assets.values():
        asset = stored_asset(uri)
        kind = kind_of(asset.content)
        size = drawing_size(asset.content) if asset.media_type == "image/svg+xml" else kind and kind.size
        if size:
            found[asset.path] = Shown(asset.path, *size)
    return found


def _furnished(value: Any, known: Mapping[str, Shown]) -> Any:
    if isinstance(value, tuple):
        done = tuple(_furnished(one, known) for one in value)
        return value if all(one is other for one, other in zip(value, done, strict=True)) else done
    if isinstance(value, Attachment):
        return _attachment(value, known.get(value.url))
    if not hasattr(value, "__dataclass_fields__"):
        return value
    changes = {}
    for one in fields(value):
        old = getattr(value, one.name)
        is_html = isinstance(old, str) and one.name.endswith("html")
        new = furnish_html(old, known) if is_html else _furnished(old, known)
        if new is not old:
            changes[one.name] = new
    return replace(value, **changes) if changes else value


def _attachment(found: Attachment, shown: Shown | None) -> Attachment:
    if shown is None:
        return found
    size = (shown.width, shown.height) if shown.width and shown.height else (found.width, found.height)
    return replace(found, url=shown.url, width=size[0], height=size[1], srcset=shown.srcset)


def furnish_html(html: str, known: Mapping[str, Shown]) -> str:
    """A picture that is shown smaller links to its original unless it is in a link."""
    if "<img" not in html:
        return html
    is_linked = False

    def turn(found: re.Match[str]) -> str:
        nonlocal is_linked
        if not found[0].startswith("<img"):
            is_linked = found[0] != "</a>"
            return found[0]
        return _picture(found, known, is_linked)

    done = _PIECE.sub(turn, html)
    return html if done == html else done


def _picture(found: re.Match[str], known: Mapping[str, Shown], is_linked: bool) -> str:
    attributes = dict(_ATTRIBUTE.findall(found[1]))
    shown = known.get(attributes.get("src", ""))
    if shown is None:
        return found[0]
    own_width = attributes.get("width", "")
    attributes |= {"src": shown.url, **_size(attributes, shown)}
    if shown.smaller:
        sizes = f"{own_width}px" if own_width.isdigit() else _share(own_width) or SIZES
        attributes |= {"srcset": shown.srcset, "sizes": sizes}
    tag = "<img" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"
    # Inside a link an image map would lead nowhere.
    if not shown.smaller or is_linked or "usemap" in attributes:
        return tag
    label = "" if attributes.get("alt", "").strip() else ' aria-label="The original picture"'
    return f'<a href="{shown.url}"{label}>{tag}</a>'


def _size(attributes: Mapping[str, str], shown: Shown) -> dict[str, str]:
    """The author's measures, a missing one in proportion."""
    width, height = _number(attributes.get("width")), _number(attributes.get("height"))
    if not shown.width or not shown.height or (width and height):
        return {}
    if attributes.get("width", "").endswith("%"):
        return {}
    if width:
        return {"height": str(max(1, round(width * shown.height / shown.width)))}
    if height:
        return {"width": str(max(1, round(height * shown.width / shown.height)))}
    return {"width": str(shown.width), "height": str(shown.height)}


def _share(width: str) -> str:
    """A width in per cent as a share of the window, at most the text's width."""
    return f"{width[:-1]}vw" if width.endswith("%") else ""


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0
