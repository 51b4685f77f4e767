"""What a solver copies off a puzzle's page in the browser: its tables, quotations and lists, as plain Markdown.

The demo hunt's derivations read Markdown; here it is made from the page as it was served, so that an answer derived
from it proves that the page shows everything one needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, NavigableString, Tag

CONTAINERS = {"div", "details", "section", "figure", "[document]", "main", "article"}


def as_markdown(html: str) -> str:
    """The text of a page's part, block by block, with an empty line between blocks."""
    return "\n\n".join(block for block in _blocks(BeautifulSoup(html, "html5lib").body) if block) + "\n"


def _blocks(box: Tag | None) -> Iterator[str]:
    for child in box.children if box else ():
        if isinstance(child, Tag):
            yield from _blocks(child) if child.name in CONTAINERS else (_block(child),)


def _block(tag: Tag) -> str:
    if tag.name == "table":
        return "\n".join(_rows(tag))
    if tag.name == "blockquote":
        quoted = "\n\n".join(_words(part) for part in tag.find_all("p"))
        return "\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))
    if tag.name in ("ul", "ol"):
        mark = "-" if tag.name == "ul" else "1."
        return "\n".join(f"{mark} {_words(item)}" for item in tag.find_all("li"))
    return _words(tag)


def _rows(table: Tag) -> Iterator[str]:
    for row in table.find_all("tr"):
        yield "| " + " | ".join(_words(cell).strip("*") for cell in row.find_all(["td", "th"])) + " |"


def _words(tag: Tag) -> str:
    """Text in one line, but for line breaks, with the marks of bold and slanted words."""
    return "\n".join(re.sub(r"\s+", " ", line).strip() for line in _raw(tag).split("\v"))


def _raw(tag: Tag) -> str:
    marks = {"strong": "**", "em": "*"}.get(tag.name, "")
    inside = "".join(
        "\v" if isinstance(child, Tag) and child.name == "br" else _raw(child) if isinstance(child, Tag) else str(child)
        for child in tag.children
        if isinstance(child, Tag | NavigableString)
    )
    return f"{marks}{inside}{marks}"
