"""The one sanitiser: Markdown and old HTML to HTML for pages.

Threats: script in any form, login forms, tracking pictures, ids and classes that replace the page's own.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import nh3

from app.concurrency.cache import Cache
from app.content.addresses import AddressUnclear, ascii_address
from app.content.html.allowed import (
    GONE_WITH_CONTENT,
    RENAMED,
    SAFE_CLASSES,
    SCHEMES,
    SET_BY_US,
    TAGS,
    is_allowed,
    is_harmless,
)
from app.content.html.elements import Names, finished
from app.content.html.markdown import to_html
from app.content.html.words import comments_in, named, tag_counts, words_of_html
from app.core.clean_text import clean_text

PictureUrl = Callable[[str, str], str]
AssetUrl = Callable[[str], str | None]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_OTHER_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?:[/:?#]|\Z)", re.IGNORECASE)
_LENGTHS = re.compile(r"[\d,.-]+|\w")
_EMPTY_LINK = re.compile(r'<a (?:[^>]* )?href="([^"]*)"[^>]*>\s*</a>')
_HREF = re.compile(r"<[a-z][^<>]*\shref\s*=\s*[\"']?\s*([a-z][a-z0-9+.-]{0,30}):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rendered:
    html: str
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


# What a text has asked of its surroundings: asset, picture or plain; a name or an address; the answer.
Asked = tuple[str, str, str | bool | None]
# Rendered texts, since a restock mostly repeats those of the last one. A parse makes room for its own: a cache that is
# smaller than the hunt would forget each text before it comes again.
LEAST_KEPT = 4_096
_kept: Cache[tuple[str, str, str, frozenset[str]], tuple[Rendered, tuple[Asked, ...]]] = Cache(LEAST_KEPT)


def make_room(texts: int) -> None:
    """Keep at least so many rendered texts."""
    _kept.grow(texts)


class Renderer:
    """``asset_url`` returns the address of a named asset or None.

    Other picture addresses pass through ``picture_url(address, owner)``; ``owner`` is the record whose lock is the
    picture's. They must be https unless ``may_be_plain``.
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
        self._begin("", frozenset())

    def block(self, text: str, owner: str = "", scope: str = "", classes: frozenset[str] = frozenset()) -> Rendered:
        """Render paragraphs, lists, tables. Ids get the prefix ``scope``.

        ``classes``: names that the author's CSS uses; otherwise only the safe ones are kept.
        """
        text = clean_text(text).strip("\n")
        if not text.strip():
            return Rendered("")
        self._begin(owner, classes)
        kept = _kept.get((text, owner, scope, classes))
        if kept is not None and all(self._answer(what, name) == answer for what, name, answer in kept[1]):
            return kept[0]
        self._asked.clear()
        rendered = self._rendered(text, scope)
        _kept.put((text, owner, scope, classes), (rendered, tuple(self._asked)))
        return rendered

    def _rendered(self, text: str, scope: str) -> Rendered:
        markup = to_html(text)
        self._warnings += markup.warnings
        cleaned = self._cleaner.clean(markup.html)
        if cleaned != markup.html:
            self._note_what_goes(markup.html, cleaned)
        html = finished(cleaned, Names(f"{scope}-" if scope else ""), self._warnings.append).strip()
        for address in _EMPTY_LINK.findall(html)[:3]:
            self._warnings.append(f"A link to {address[:100]} has no words, so nobody sees it.")
        return Rendered(html, tuple(self._faults), tuple(dict.fromkeys(self._warnings)))

    def line(self, text: str, owner: str = "", scope: str = "") -> Rendered:
        """Like :meth:`block`, but a single paragraph loses its tags."""
        found = self.block(text, owner, scope)
        html = found.html
        if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1 == html.count("</p>"):
            html = html[3:-4]
        return Rendered(html, found.faults, found.warnings)

    def _begin(self, owner: str, classes: frozenset[str]) -> None:
        self._owner, self._classes = owner, classes | SAFE_CLASSES
        self._asked: list[Asked] = []
        self._faults: list[str] = []
        self._warnings: list[str] = []
        self._gone_attributes: set[str] = set()
        self._gone_classes: set[str] = set()

    # --- what the sanitiser asks for every attribute -------------------------------------------------------------

    def _filter(self, tag: str, name: str, value: str) -> str | None:
        """Return an attribute's value, or None to remove it. Every name passes here."""
        if name in SET_BY_US:
            return None
        if not is_allowed(tag, name):
            return self._without(tag, name)
        if name in ("src", "poster"):
            return self._media_address(value)
        if name == "href":
            return self._link_address(value)
        if name == "cite":
            return value if _is_web_address(value) else self._without(tag, name)
        if name == "class":
            return self._known_classes(value)
        return value if is_harmless(name, value) else self._without(tag, name)

    def _without(self, tag: str, name: str) -> str | None:
        self._gone_attributes.add(f"{name[:40]} of {tag}")
        return None

    def _known_classes(self, value: str) -> str | None:
        written = value.split()
        self._gone_classes |= {
            one[:60] for one in written if one not in self._classes and not one.startswith("language-")
        }
        return " ".join(one for one in written if one in self._classes) or None

    def _media_address(self, value: str) -> str | None:
        address = value.strip()
        if address.lower().startswith("asset:"):
            return self._asset(address[6:])
        if address.lower().startswith("https://") or self._answer("plain", address):
            return cast(str, self._answer("picture", address))
        self._warnings.append(f"A picture was left out: {address[:100]} is neither an https:// link nor an asset:NAME.")
        return None

    def _link_address(self, value: str) -> str | None:
        address = value.strip()
        if address.lower().startswith("asset:"):
            return self._asset(address[6:])
        if not address.lower().startswith(("http://", "https://")):
            if not address:
                self._warnings.append("A link has no address, so it leads to its own page.")
            elif _LENGTHS.fullmatch(address):
                self._warnings.append(f"({address[:40]}) behind ] is read as an address. If it is meant, write \\(.")
            elif _OTHER_HOST.match(address):
                self._warnings.append(
                    f"A link leads to a page of this site named {address[:100]}. An address elsewhere begins with"
                    " https://."
                )
            return address
        try:
            return ascii_address(address, ("http", "https"))
        except AddressUnclear:
            self._warnings.append(f"A link leads to {address[:100]}, which names no host. Correct it.")
            return address

    def _asset(self, name: str) -> str | None:
        address = self._answer("asset", name)
        if address is None:
            self._faults.append(f"There is no asset named {name[:100]}. Add it to the file, or correct the name.")
        return cast(str | None, address)

    def _answer(self, what: str, name: str) -> str | bool | None:
        """Ask the surroundings, and note it: a kept text is good only while the answers are the same."""
        if what == "asset":
            answer: str | bool | None = self._asset_url(name)
        elif what == "picture":
            answer = self._picture_url(name, self._owner)
        else:
            answer = self._may_be_plain(name)
        self._asked.append((what, name, answer))
        return answer

    # --- what has gone -------------------------------------------------------------------------------------------

    def _note_what_goes(self, html: str, cleaned: str) -> None:
        before, after = tag_counts(html), tag_counts(cleaned)
        gone = sorted(tag for tag, count in before.items() if count > after[tag])
        if gone:
            self._warnings.append(f"Taken out, since a text must not hold it: {', '.join(gone)}.")
        if self._gone_attributes:
            told = ", ".join(sorted(self._gone_attributes))
            self._warnings.append(f"Taken out of the HTML: {told}. Use a class and CustomCSS instead.")
        if self._gone_classes:
            told = ", ".join(sorted(self._gone_classes))
            self._warnings.append(f"Classes that CustomCSS does not name were taken out: {told}.")
        self._note_lost_text(html, cleaned)

    def _note_lost_text(self, html: str, cleaned: str) -> None:
        for scheme in sorted({found.lower() for found in _HREF.findall(html)} - SCHEMES):
            self._warnings.append(f"A link to {scheme}: was taken out; possible are {', '.join(sorted(SCHEMES))}.")
        for comment in comments_in(html)[:3]:
            self._warnings.append(f"Not shown, since a browser passes it over: {comment[:60]}")
        lost = words_of_html(html) - words_of_html(cleaned)
        if lost:
            self._warnings.append(f"These words are not shown: {named(lost)}.")


def _is_web_address(value: str) -> bool:
    return not (found := _SCHEME.match(value.strip())) or found[0].lower() in ("https:", "http:")


def _cleaner(attribute_filter: Callable[[str, str, str], str | None]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS | set(RENAMED),
        clean_content_tags=GONE_WITH_CONTENT,
        attributes={},
        # Every attribute reaches the filter, which so can tell what it took out.
        generic_attribute_prefixes=set(string.ascii_lowercase),
        attribute_filter=attribute_filter,
        link_rel=None,
        url_schemes=SCHEMES,
    )


def render_markdown(text: str, picture_url: PictureUrl | None = None, owner: str = "") -> str:
    """``picture_url`` gives pictures an address locked as ``owner`` is; without it they keep theirs."""
    return Renderer(picture_url=picture_url).block(text, owner).html
