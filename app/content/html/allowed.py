"""The allow-list of elements, attributes and classes."""

from __future__ import annotations

import re

TAGS = frozenset(
    [
        "a",
        "abbr",
        "address",
        "area",
        "audio",
        "b",
        "bdi",
        "bdo",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "map",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "source",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "track",
        "u",
        "ul",
        "var",
        "video",
        "wbr",
    ]
)
# Obsolete elements: replacement and class.
RENAMED = {
    "acronym": ("abbr", ""),
    "center": ("div", "align-center"),
    "dir": ("ul", ""),
    "font": ("span", ""),
    "menu": ("ul", ""),
    "nobr": ("span", "nowrap"),
    "strike": ("s", ""),
    "tt": ("span", "mono"),
}
# Removed with their content: code or fallback text.
GONE_WITH_CONTENT = frozenset({
    "script", "style", "iframe", "noscript", "noembed", "noframes", "template", "title", "textarea", "select",
    "svg", "math", "object", "xmp",
})  # fmt: skip
# These hold ids of other elements, separated by blanks.
ID_LISTS = frozenset({"headers", "aria-labelledby", "aria-describedby", "aria-details"})
_EVERYWHERE = frozenset({"class", "dir", "id", "lang", "title", "aria-label", "aria-hidden", *ID_LISTS - {"headers"}})
_CELL = frozenset({"align", "valign", "colspan", "rowspan", "headers", "width"})
_ROWS = frozenset({"align", "valign"})
_ALIGNED = frozenset({"align"})
_OWN: dict[str, frozenset[str]] = {
    "a": frozenset({"href", "name"}),
    "area": frozenset({"href", "alt", "shape", "coords"}),
    "audio": frozenset({"src", "controls", "loop"}),
    "bdo": frozenset({"dir"}),
    "blockquote": frozenset({"cite"}),
    "caption": _ALIGNED,
    "col": frozenset({"span", "width"}),
    "colgroup": frozenset({"span", "width"}),
    "del": frozenset({"datetime"}),
    "details": frozenset({"open"}),
    "div": _ALIGNED,
    "img": frozenset({"src", "alt", "width", "height", "role", "usemap"}),
    "ins": frozenset({"datetime"}),
    "li": frozenset({"value"}),
    "map": frozenset({"name"}),
    "ol": frozenset({"start", "type", "reversed"}),
    "p": _ALIGNED,
    "source": frozenset({"src", "type"}),
    "table": frozenset({"align", "width"}),
    "tbody": _ROWS,
    "td": _CELL,
    "tfoot": _ROWS,
    "th": _CELL | {"scope", "abbr"},
    "thead": _ROWS,
    "time": frozenset({"datetime"}),
    "tr": _ROWS,
    "track": frozenset({"src", "kind", "srclang", "label", "default"}),
    "video": frozenset({"src", "controls", "loop", "width", "height", "poster"}),
    **{f"h{level}": _ALIGNED for level in range(1, 7)},
}
# The order in which attributes are written, so that the same text is always the same HTML.
ORDER = {
    name: place
    for place, name in enumerate(
        [
            "id",
            "class",
            "name",
            "href",
            "src",
            "alt",
            "shape",
            "coords",
            "usemap",
            "title",
            "dir",
            "lang",
            "width",
            "height",
            "colspan",
            "rowspan",
            "headers",
            "scope",
            "abbr",
            "span",
            "start",
            "type",
            "value",
            "reversed",
            "open",
            "cite",
            "datetime",
            "kind",
            "srclang",
            "label",
            "default",
            "poster",
            "role",
            "rel",
            "loading",
            "decoding",
            "loop",
            "controls",
            "preload",
        ]
    )
}
# Written by us, whatever the text says.
SET_BY_US = frozenset({"rel", "loading", "decoding", "controls", "preload"})
# Classes that the site's own style sheet knows for content; others count only if the author's own CSS names them.
SAFE_CLASSES = frozenset({
    "align-left", "align-center", "align-right", "valign-top", "valign-middle", "valign-bottom", "block-left",
    "block-center", "block-right", "crossword", "grid", "mono", "nowrap", "numbers", "small", "wide",
    "footnote-ref", "footnote-backref", "footnote-item", "footnotes", "footnotes-list", "footnotes-sep",
})  # fmt: skip
SCHEMES = frozenset({"https", "http", "mailto", "asset"})

_NUMBERS = frozenset({"colspan", "rowspan", "span", "height", "start", "value"})
_VALUES: dict[str, re.Pattern[str]] = {
    "align": re.compile(r"left|center|right", re.IGNORECASE),
    "valign": re.compile(r"top|middle|bottom", re.IGNORECASE),
    "width": re.compile(r"\d{1,5}(?:px|%)?|\d{1,3}\.\d{1,4}%", re.ASCII),
    "coords": re.compile(r"[\d\s,.%-]{0,4000}", re.ASCII),
    "shape": re.compile(r"rect|circle|poly|default", re.IGNORECASE),
    "kind": re.compile(r"subtitles|captions|descriptions|chapters", re.IGNORECASE),
    "srclang": re.compile(r"[A-Za-z0-9-]{1,35}", re.ASCII),
    "role": re.compile(r"presentation|none"),
    **{name: re.compile(r"-?\d{1,5}", re.ASCII) for name in _NUMBERS},
}


def is_allowed(tag: str, name: str) -> bool:
    return name in _EVERYWHERE or name in _OWN.get(tag, ())


def is_harmless(name: str, value: str) -> bool:
    """For attributes that are neither address, id nor class."""
    return name not in _VALUES or _VALUES[name].fullmatch(value.strip()) is not None
