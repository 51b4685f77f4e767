"""Tags and links that Markdown does not read and shows as they are written. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from app.content.html.tag_names import HTML_NAMES

_TAG = re.compile(r"(?<!\\)<(/?)([a-z][a-z0-9]*(?:[-.:_][a-z0-9]+)*)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_LINK = re.compile(r"(?<!\\)\[[^\[\]\n]*(\][ \t]?\(\s*<?(?:https?:|asset:|mailto:)[^)\n]*\)?)", re.IGNORECASE)


def unread_markup(tokens: Sequence[Token]) -> Iterator[str]:
    inlines = [token for token in tokens if token.type == "inline"]
    tag = next((tag for token in inlines for tag in _shown_tags(token)), None)
    if tag:
        yield (
            f"Shown as it is written, since Markdown does not read it as HTML: “{tag[:60]}”. Put the values of"
            " attributes in quotes, and a blank before each name. If the signs are meant, write them between backticks."
        )
    link = next((link for token in inlines for link in _shown_links(token)), None)
    if link:
        yield (
            f"A link or picture is shown as it is written: “{link[:60]}”. The address stands right behind the words and"
            " has no blank: [words](https://example.org/a%20b)."
        )


def _shown_tags(inline: Token) -> Iterator[str]:
    read = [child.content for child in inline.children or () if child.type in ("html_inline", "code_inline")]
    for found in _TAG.finditer(inline.content):
        # A lone unknown name is a word in angle brackets, unless it is of another namespace, as in texts from Word.
        is_markup = found[2].lower() in HTML_NAMES or found[1] or ":" in found[2]
        if is_markup and not any(found[0] in one for one in read):
            yield found[0]


def _shown_links(inline: Token) -> Iterator[str]:
    text = "".join(child.content if child.type == "text" else "\0" for child in inline.children or ())
    return (found[1] for found in _LINK.finditer(inline.content) if found[1] in text)
