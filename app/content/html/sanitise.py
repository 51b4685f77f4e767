"""Markdown and old HTML to HTML that may stand on a page as it is: the one sanitiser.

Runs at restock (and for texts of staff, such as announcements), never while a page is asked for. CommonMark with
tables and footnotes; HTML in between is allowed and then passes a strict allow-list. Threats: script in any disguise,
forms that ask for passwords, pictures that tell a foreign server who looks, ids and classes that take the place of the
page's own. Page styles are :mod:`app.content.html.css`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import nh3

from app.content.addresses import AddressUnclear, ascii_address
from app.content.html.markdown import is_html, to_html
from app.core.clean_text import clean_text

PictureUrl = Callable[[str, str], str]
AssetUrl = Callable[[str], str | None]

TAGS = frozenset({
    "a", "abbr", "address", "audio", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col",
    "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s",
    "samp", "section", "small", "source", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "video", "wbr",
})  # fmt: skip
# Their content goes with them: it is code, or fallback text that was never meant to be read.
GONE_WITH_CONTENT = frozenset({
    "script", "style", "iframe", "noscript", "noembed", "noframes", "template", "title", "textarea", "select",
    "svg", "math", "object", "xmp",
})  # fmt: skip
ATTRIBUTES = {
    "*": {"class", "dir", "id", "lang", "title", "aria-label", "aria-hidden"},
    "a": {"href"},
    "audio": {"src", "controls", "loop"},
    "bdo": {"dir"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "details": {"open"},
    "img": {"src", "alt", "width", "height", "role"},
    "ins": {"datetime"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope", "abbr"},
    "time": {"datetime"},
    "video": {"src", "controls", "loop", "width", "height", "poster"},
}
# Classes that the site's own style sheet knows for content; others count only if the author's own CSS names them.
SAFE_CLASSES = frozenset({
    "align-left", "align-center", "align-right", "crossword", "grid", "mono", "nowrap", "numbers", "small", "wide",
    "footnote-ref", "footnote-backref", "footnote-item", "footnotes", "footnotes-list", "footnotes-sep",
})  # fmt: skip
_NUMBERS = frozenset({"colspan", "rowspan", "span", "width", "height", "start", "value"})
_ID = re.compile(r"[A-Za-z][\w:.-]{0,63}", re.ASCII)
_TAKEN_OUT = re.compile(
    r"<(script|style|iframe|form|input|button|textarea|select|object|embed|svg|math|link|meta)\b", re.I
)
_ACTING = re.compile(r"<[a-z][^<>]*\s(style|on[a-z]+)\s*=", re.I)
_HEADING = re.compile(r"<(/?)h([1-6])(?=[\s>])")
_IMG = re.compile(r"<img((?:\s+[\w-]+(?:=\"[^\"]*\")?)*)\s*>")
_ALT = re.compile(r"\salt=\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Rendered:
    """HTML for a page, and what its author should know. ``faults`` must be mended, ``warnings`` may be."""

    html: str
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Renderer:
    """Renders the texts of one content version.

    ``asset_url`` gives the address of a named asset, or None; every other picture address goes through
    ``picture_url(address, owner)``, where ``owner`` is the record whose lock is the picture's lock. Such addresses are
    https, but for those of which ``may_be_plain`` says otherwise.
    """

    def __init__(
        self,
        asset_url: AssetUrl | None = None,
        picture_url: PictureUrl | None = None,
        may_be_plain: Callable[[str], bool] = lambda address: False,
    ) -> None:
        self._asset_url = asset_url or (lambda name: None)
        self._picture_url = picture_url or (lambda address, owner: address)
        self._may_be_plain = may_be_plain
        self._cleaner = _cleaner(self._filter)
        self._begin("", "", frozenset())

    def block(self, text: str, owner: str = "", scope: str = "", classes: frozenset[str] = frozenset()) -> Rendered:
        """Paragraphs, lists, tables. Ids get ``scope`` in front, so that texts of several records share a page.

        ``classes`` are the class names that the author's own CSS uses; of all others only the safe ones are kept.
        Headings are renumbered: the first level used becomes h2 and none is skipped, since a page has one h1.
        """
        text = clean_text(text).strip("\n")
        if not text.strip():
            return Rendered("")
        html = text if is_html(text) else to_html(text)
        self._begin(owner, scope, classes)
        self._note_what_goes(html)
        cleaned = self._mend_pictures(_renumber_headings(_in_one_order(self._cleaner.clean(html)))).strip()
        return Rendered(cleaned, tuple(self._faults), tuple(dict.fromkeys(self._warnings)))

    def line(self, text: str, owner: str = "", scope: str = "") -> Rendered:
        """A message: as :meth:`block`, but a single paragraph stands without its tags, to fit into a sentence."""
        found = self.block(text, owner, scope)
        html = found.html
        if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1 == html.count("</p>"):
            html = html[3:-4]
        return Rendered(html, found.faults, found.warnings)

    def _begin(self, owner: str, scope: str, classes: frozenset[str]) -> None:
        self._owner, self._prefix, self._classes = owner, f"{scope}-" if scope else "", classes | SAFE_CLASSES
        self._seen_ids: set[str] = set()
        self._faults: list[str] = []
        self._warnings: list[str] = []

    # --- what the sanitiser asks for every attribute -------------------------------------------------------------

    def _filter(self, tag: str, name: str, value: str) -> str | None:
        if name in ("src", "poster"):
            return self._media_address(value)
        if name == "href":
            return self._link_address(value)
        if name == "id":
            return self._fresh_id(value)
        if name == "class":
            return " ".join(one for one in value.split() if one in self._classes) or None
        return value if _is_harmless(name, value) else None

    def _media_address(self, value: str) -> str | None:
        address = value.strip()
        if address.lower().startswith("asset:"):
            return self._asset(address[6:])
        if address.lower().startswith("https://") or self._may_be_plain(address):
            return self._picture_url(address, self._owner)
        self._warnings.append(f"A picture was left out: {address[:100]} is neither an https:// link nor an asset:NAME.")
        return None

    def _link_address(self, value: str) -> str | None:
        address = value.strip()
        if address.startswith("#"):
            return f"#{self._prefix}{address[1:]}"
        if address.lower().startswith("asset:"):
            return self._asset(address[6:])
        if not address.lower().startswith(("http://", "https://")):
            return address
        try:
            return ascii_address(address, ("http", "https"))
        except AddressUnclear:
            self._warnings.append(f"A link leads to {address[:100]}, which names no host. Correct it.")
            return address

    def _asset(self, name: str) -> str | None:
        address = self._asset_url(name)
        if address is None:
            self._faults.append(f"There is no asset named {name[:100]}. Add it to the file, or correct the name.")
        return address

    def _fresh_id(self, value: str) -> str | None:
        if not _ID.fullmatch(value) or value in self._seen_ids:
            return None
        self._seen_ids.add(value)
        return self._prefix + value

    # --- before and after ----------------------------------------------------------------------------------------

    def _note_what_goes(self, html: str) -> None:
        gone = sorted({found[1].lower() for found in _TAKEN_OUT.finditer(html)})
        if gone:
            self._warnings.append(f"Taken out, since a text must not hold it: {', '.join(gone)}.")
        acting = sorted({found[1].lower() for found in _ACTING.finditer(html)})
        if acting:
            self._warnings.append(f"Taken out of the HTML: {', '.join(acting)}. Use a class and CustomCSS instead.")

    def _mend_pictures(self, html: str) -> str:
        return _IMG.sub(self._with_alt, html) if "<img" in html else html

    def _with_alt(self, found: re.Match[str]) -> str:
        attributes = found[1]
        if " src=" not in attributes:
            self._warnings.append("A picture without an address that may be used was left out.")
            return ""
        alt = _ALT.search(attributes)
        if not (alt and alt[1].strip()) and " role=" not in attributes:
            self._warnings.append("A picture has no text for people who cannot see it. Write one: ![what it shows](…).")
        return found[0] if alt else f'<img{attributes} alt="">'


def _cleaner(attribute_filter: Callable[[str, str, str], str | None]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=GONE_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=attribute_filter,
        link_rel="noopener",
        url_schemes={"https", "http", "mailto", "asset"},
        set_tag_attribute_values={
            "audio": {"controls": "", "preload": "metadata"},
            "img": {"loading": "lazy", "decoding": "async"},
            "video": {"controls": "", "preload": "metadata"},
        },
    )


def _in_one_order(html: str) -> str:
    """The attributes that the sanitiser adds, always in one order: it adds them in any, and a page that only differs
    in that would count as changed at every restock."""
    html = html.replace(' decoding="async" loading="lazy"', ' loading="lazy" decoding="async"')
    return html.replace(' preload="metadata" controls=""', ' controls="" preload="metadata"')


def _is_harmless(name: str, value: str) -> bool:
    if name in _NUMBERS:
        return re.fullmatch(r"-?\d{1,5}", value, re.ASCII) is not None
    if name == "role":
        return value in ("presentation", "none")
    return True


def _renumber_headings(html: str) -> str:
    """The outline begins at h2 and skips nothing; closing tags follow their opening ones."""
    above: list[int] = []

    def renumber(found: re.Match[str]) -> str:
        written = int(found[2])
        if not found[1]:
            while above and above[-1] >= written:
                above.pop()
            above.append(written)
        return f"<{found[1]}h{min(len(above) + 1, 6)}"

    return _HEADING.sub(renumber, html)


def render_markdown(text: str, picture_url: PictureUrl | None = None, owner: str = "") -> str:
    """A text of the organisers (an announcement, the home page) as HTML; pictures keep their own addresses, or have
    those that ``picture_url`` gives them, locked as ``owner`` is."""
    return Renderer(picture_url=picture_url).block(text, owner).html
