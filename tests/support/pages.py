"""What every HTML page must be, whoever made it: valid HTML5, labelled, titled, and free of inline code.

The clients of the bed call :func:`check_page` on each page they fetch, so every test of a view is also a test of this.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

import html5lib
from bs4 import BeautifulSoup, Tag
from html5lib.constants import E as PARSE_ERRORS

# Controls that need no label: they carry their own text, or nobody sees them.
SELF_NAMED = {"hidden", "submit", "button", "reset", "image"}
REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls", "aria-errormessage", "for", "list", "form")
URL_ATTRIBUTES = ("href", "src", "action", "formaction", "poster", "data")
ONCE_A_PAGE = {
    "html[lang]:not([lang=''])": "html with lang",
    "head > title": "title",
    "h1": "h1",
    "main": "main",
    "meta[name='viewport']": "viewport in meta",
    "meta[name='csrf-token'][content]:not([content=''])": "csrf-token in meta",
}
NEVER = {
    "img:not([alt])": "no alt",
    "iframe:not([title]), iframe[title='']": "a frame without title",
    "iframe:not([sandbox])": "a frame without sandbox",
    "style": "an inline style",
    "a a, button button, a button, button a": "a control inside a control",
    "[tabindex]:not([tabindex='0']):not([tabindex='-1'])": "a tabindex that changes the order",
}
FOREIGN = re.compile(r"^\s*([a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


class PageInvalid(AssertionError):
    """A page broke rules of the house; the text lists every one."""


def check_page(html: str, headers: Mapping[str, str], status: int, where: str) -> None:
    """Raise :class:`PageInvalid` unless ``html`` is a page as it should be.

    A document served into a sandboxed frame (a puzzle author's own) is only checked for its headers.
    """
    policy = headers.get("Content-Security-Policy", "")
    faults = list(header_faults(headers, policy))
    if "sandbox" not in policy:
        faults += parse_faults(html)
        page = parsed(html)
        faults += [*document_faults(page, status), *control_faults(page), *reference_faults(page)]
        faults += [*code_faults(page, policy), *text_faults(page)]
    if faults:
        raise PageInvalid(f"{where} ({status}):\n" + "\n".join(f"  - {fault}" for fault in faults))


def header_faults(headers: Mapping[str, str], policy: str) -> Iterator[str]:
    """A page without its protective headers."""
    if not policy:
        yield "no Content-Security-Policy"
    for word in ("'unsafe-inline'", "'unsafe-eval'"):
        if word in policy and "sandbox" not in policy:
            yield f"the Content-Security-Policy allows {word}"
    if headers.get("X-Content-Type-Options", "").lower() != "nosniff":
        yield "no X-Content-Type-Options: nosniff"
    if "utf-8" not in headers.get("Content-Type", "").lower():
        yield "no charset in Content-Type"


def parse_faults(html: str) -> list[str]:
    """What a strict HTML5 parser stumbles over, with line and column."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    parser.parse(html)
    lines = html.splitlines() or [""]
    faults = []
    for (line, column), code, values in parser.errors:
        context = lines[min(line, len(lines)) - 1].strip()[:160]
        faults.append(f"line {line}, column {column}: {PARSE_ERRORS[code] % (values or {})} in: {context}")
    return faults


def document_faults(page: BeautifulSoup, status: int) -> Iterator[str]:
    """Language, title, headings, the token for scripts."""
    for selector, name in ONCE_A_PAGE.items():
        found = len(page.select(selector))
        # The page for a database that is away has no session to take a token from.
        if found != 1 and not (status >= 500 and "csrf" in selector):
            yield f"{name}: {found} instead of exactly one"
    for tag in page.select("title, h1"):
        if not tag.get_text(strip=True) and not tag.find_parent("svg"):
            yield f"an empty <{tag.name}>"
    for name, count in Counter(tag["id"] for tag in page.find_all(id=True)).items():
        if count > 1:
            yield f"id {name!r} stands {count} times"


def control_faults(page: BeautifulSoup) -> Iterator[str]:
    """Controls, buttons, links, pictures and frames without a name; forms without a token."""
    for control in page.select("input, select, textarea"):
        if control.get("type") not in SELF_NAMED and not is_labelled(control, page):
            yield f"no label: {brief(control)}"
    for named in page.select("button, a, summary"):
        if not (accessible_text(named) or named.get("aria-label") or named.get("aria-labelledby")):
            yield f"no text: {brief(named)}"
    for selector, fault in NEVER.items():
        yield from (f"{fault}: {brief(tag)}" for tag in page.select(selector))
    for form in page.select('form[method="post" i]'):
        if not form.select('input[name="csrf_token"][value]'):
            yield f"a POST form without csrf_token: {brief(form)}"


def is_labelled(control: Tag, page: BeautifulSoup) -> bool:
    """Whether a control has a name that a screen reader can say."""
    if control.get("aria-label") or control.get("aria-labelledby"):
        return True
    label = control.find_parent("label")
    if label is None and control.get("id"):
        label = page.find("label", attrs={"for": control["id"]})
    return label is not None and bool(label.get_text(strip=True))


def accessible_text(tag: Tag) -> str:
    """What a screen reader would say for a link or button: its text and the alt texts of its pictures."""
    pictures = [str(picture.get("alt") or "") for picture in tag.find_all("img")]
    titles = [title.get_text() for title in tag.find_all("title")]
    return "".join([tag.get_text(), *pictures, *titles]).strip()


def reference_faults(page: BeautifulSoup) -> Iterator[str]:
    """Attributes and links that point to ids which are not there."""
    ids = {tag["id"] for tag in page.find_all(id=True)}
    for attribute in REFERENCES:
        for tag in page.find_all(attrs={attribute: True}):
            missing = set(" ".join(tag.get_attribute_list(attribute)).split()) - ids
            yield from (f"{attribute} names {name!r}, which is not there: {brief(tag)}" for name in sorted(missing))
    for link in page.select('a[href^="#"]'):
        if str(link["href"])[1:] not in ids:
            yield f"a link to {link['href']}, which is not there"


def code_faults(page: BeautifulSoup, policy: str) -> Iterator[str]:
    """Inline code and style, and code or style from elsewhere."""
    nonces = set(re.findall(r"'nonce-([^']+)'", policy))
    for script in page.select('script:not([type="application/json"])'):
        if not script.get("src") or script.get_text(strip=True):
            yield f"an inline script: {brief(script)}"
        if nonces and script.get("nonce") not in nonces:
            yield f"a script without the page's nonce: {brief(script)}"
    for part in page.select("script[src], link[href]"):
        if FOREIGN.match(str(part.get("src") or part.get("href"))):
            yield f"from elsewhere: {brief(part)}"
    for tag in page.find_all(True):
        yield from attribute_faults(tag)


def attribute_faults(tag: Tag) -> Iterator[str]:
    """Handlers, style attributes and script URLs on one element."""
    for name in tag.attrs:
        if name.startswith("on") or name == "style":
            yield f"an inline {name}: {brief(tag)}"
    for name in URL_ATTRIBUTES:
        if str(tag.get(name) or "").strip().lower().startswith(("javascript:", "vbscript:")):
            yield f"a script as {name}: {brief(tag)}"


def text_faults(page: BeautifulSoup) -> Iterator[str]:
    """Python's own words where a template printed what it did not have."""
    text = page.get_text(" ")
    for word in ("<Undefined", "Undefined(", "datetime.datetime(", " object at 0x", "Traceback (most recent"):
        if word in text:
            yield f"{word!r} in the text of the page"


def brief(tag: Tag) -> str:
    """The opening tag, for a message."""
    return re.sub(r"\s+", " ", str(tag))[:140]


@lru_cache(4)
def parsed(html: str) -> BeautifulSoup:
    """The page as a tree, not to be changed. The last few are kept: a page is checked, then its token is read."""
    return BeautifulSoup(html, "html5lib")


def csrf_token(html: str) -> str:
    """The token that a page carries for its scripts and forms."""
    found = parsed(html).select_one('meta[name="csrf-token"]')
    assert found is not None, "the page carries no csrf-token"
    return str(found["content"])
