"""What Markdown lost or changed against the writer's intent, by comparing words of source and tokens. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import chain, pairwise
from typing import Any
from urllib.parse import unquote

from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from app.content.html.tag_names import LAID_OUT
from app.content.html.words import named, words_in

# Lines of so many characters may have been wrapped by an editor; shorter and longer ones are broken on purpose.
WRAPPED_AT, WRAPPED_UP_TO = 60, 160
# Lines that somebody has wrapped by hand are uneven by so many characters.
UNEVEN = 20

LONGEST_TITLE = 60

# A quotation has a blank or a word behind its mark; a face or a comparison has not.
_FACE = re.compile(r"[ \t]*>(?:[:;=<^.\d]|_<|-+>)")
_ADDRESS = re.compile(r"(?:https?|mailto|asset):[^\s<>\"'()\[\]]*", re.IGNORECASE)
_NOTE = re.compile(r"\[\^[^\]\s]*\]")
_ITEMS = re.compile(r"^(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)](?=[ \t]|$))+", re.MULTILINE)
_LABELS = re.compile(r"\]\[([^\]\n]*)\]|^[ \t>]*\[([^\]\n]*)\]:", re.MULTILINE)
_LEFT_MARK = re.compile(r"(?<![*\d])\*\*(?=[^\W\d_])|(?<=[^\W\d_])\*\*(?!\*)|(?<!~)~~(?=\w)|(?<=\w)~~(?!~)")
_BARE_MARK = re.compile(r"(?<!\\)(?:\*\*|~~)")
_LANGUAGE = re.compile(r"[a-z0-9+#-]{1,20}")
_CLOSED = re.compile(r"^[ \t>]*(#+)[ \t].*[ \t](?!\1[ \t]*$)#+[ \t]*$|[ \t]#[ \t]*$")
_COLUMNS = re.compile(r"\S(?: {3,}|\t+ *)\S")
_SHOWN_TAG = re.compile(r"</?([a-z][a-z0-9]*)(?:\s[^<>]*)?>", re.IGNORECASE)
_TEXT_TAGS = LAID_OUT | {"a", "b", "br", "em", "i", "span", "strong", "sub", "sup", "u"}


def source_losses(source: str, tokens: Sequence[Token], env: dict[str, Any]) -> Iterator[str]:
    yield from _lost_words(source, tokens, env)
    yield from _block_losses(source.split("\n"), tokens)
    yield from chain.from_iterable(_doubtful_marks(token) for token in tokens if token.type == "inline")
    if any(_is_signed_number(item, text) for item, _, text in zip(tokens, tokens[1:], tokens[2:], strict=False)):
        yield "A sign in front of a number is read as the mark of a list. If a number is meant, write \\- or \\+."
    if any(_is_in_columns(token) for token in tokens if token.type == "inline"):
        yield "Several blanks in a row are shown as one. Put columns into a table, or between lines of ```."
    if any(_is_broken_on_purpose(token) for token in tokens if token.type == "inline"):
        yield (
            "Single line breaks are shown as blanks. Where a line is to end, end it with a backslash or two blanks, or"
            " leave a line empty."
        )


def _block_losses(lines: Sequence[str], tokens: Sequence[Token]) -> Iterator[str]:
    yield from _misread_lines(lines, tokens)
    for token in tokens:
        if token.type == "table_open" and token.map:
            yield from _excess_cells(token, lines)
        elif token.type == "heading_open" and token.map and _CLOSED.search(lines[token.map[0]]):
            yield "The # at the end of a heading is not shown. If it is meant, write \\#."
        elif token.type == "code_block":
            yield from _shown_as_code(token)


def _misread_lines(lines: Sequence[str], tokens: Sequence[Token]) -> Iterator[str]:
    for token, following in pairwise(tokens):
        is_heading = token.type == "heading_open"
        if is_heading and following.type == "inline" and not following.content:
            yield "A line of # alone is read as an empty heading and not shown. If it is meant, write \\#."
        elif is_heading and token.markup in ("-", "=") and _is_sentence(following.content):
            yield (
                f"A line of {token.markup * 3} right below a text makes it a heading. Where a line across the page is"
                " meant, leave an empty line before it."
            )
        elif token.type == "list_item_open" and following.type == "list_item_close" and not token.info:
            mark = token.markup
            yield f"{mark} alone on a line is read as an empty entry of a list. If the sign is meant, write \\{mark}."
        elif token.type == "blockquote_open" and token.map and _FACE.match(lines[token.map[0]]):
            yield "A > at the start of a line is read as a quotation and not shown. If it is meant, write \\>."


def _is_sentence(text: str) -> bool:
    return "\n" in text or len(text) > LONGEST_TITLE or text[-1:] in ".,;:!?…"


def _lost_words(source: str, tokens: Sequence[Token], env: dict[str, Any]) -> Iterator[str]:
    plain = _ITEMS.sub(lambda found: re.sub(r"\d", " ", found[0]), _NOTE.sub(" ", _ADDRESS.sub(" ", source)))
    lost = words_in([unescape(plain)]) - words_in(_shown(tokens))
    if lost:
        labels = " ".join(one or other for one, other in _LABELS.findall(source))
        lost -= words_in([labels, labels, *env["references"]])
    if lost:
        yield f"Not shown, because Markdown takes it for something else: {named(lost)}."


def _shown(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children:
            yield _joined(token.children)
            yield from _shown(
                child for child in token.children if child.type in ("image", "html_inline", "code_inline")
            )
        elif token.type in ("code_block", "fence", "html_block", "html_inline", "code_inline"):
            yield unescape(token.content)
        yield token.info if token.type != "fence" or _LANGUAGE.fullmatch(token.info.strip()) else ""
        yield from (unescape(unquote(str(value))) for value in token.attrs.values())
        yield from (unescape(unquote(str(value))) for child in token.children or () for value in child.attrs.values())


def _joined(children: Iterable[Token]) -> str:
    return "".join(child.content if child.type in ("text", "text_special") else " " for child in children)


def _excess_cells(table: Token, lines: Sequence[str]) -> Iterator[str]:
    first, last = table.map or (0, 0)
    width = _cells(lines[first])
    for number in range(first + 2, last):
        if _cells(lines[number]) > width:
            yield (
                f"A row of a table has {_cells(lines[number])} cells, its head {width}: what is too much is not shown."
                " Give the head as many."
            )


def _cells(line: str) -> int:
    found = escapedSplit(line.strip(" \t>"))
    found = found[1:] if found and not found[0].strip() else found
    return len(found[:-1] if found and not found[-1].strip() else found)


def _shown_as_code(token: Token) -> Iterator[str]:
    if any(found[1].lower() in _TEXT_TAGS for found in _SHOWN_TAG.finditer(token.content)):
        yield (
            "An indented text is shown as program code, tags and all. Take the blanks at the start of its lines away,"
            " or put it between lines of ``` if it is code."
        )


def _doubtful_marks(inline: Token) -> Iterator[str]:
    children = inline.children or []
    for before, token, inside, _, behind in zip(
        [None, *children], children, children[1:], children[2:], [*children[3:], None], strict=False
    ):
        if token.type not in ("em_open", "strong_open") or inside.type != "text":
            continue
        joints = (before.content[-1:] if before else "", inside.content), (inside.content, _start(behind))
        is_sum = any(one[-1:].isdigit() and other[:1].isdigit() for one, other in joints)
        is_blank = token.markup[:1] == "_" and len(inside.content) == 1
        if is_sum or is_blank:
            mark = token.markup
            words = f"{mark}{inside.content[:40]}{mark}"
            yield f"{words} is read as emphasis. If the marks are meant, write \\{mark[0]}."
    is_written = _BARE_MARK.search(inline.content) is not None
    if is_written and any(_LEFT_MARK.search(child.content) for child in children if child.type == "text"):
        yield (
            "The marks ** or ~~ are shown as they are. To be read as bold or struck out they stand in pairs, right at"
            " the words, with the blanks outside: **word** next."
        )


def _is_signed_number(item: Token, text: Token) -> bool:
    if item.type != "list_item_open" or text.type != "inline" or item.markup not in ("-", "+"):
        return False
    return re.match(r"\d" if item.markup == "+" else r"[\d.,/ ]+\Z", text.content) is not None


def _start(token: Token | None) -> str:
    return token.content if token else ""


def _is_in_columns(inline: Token) -> bool:
    return any(child.type == "text" and _COLUMNS.search(child.content) for child in inline.children or ())


def _is_broken_on_purpose(inline: Token) -> bool:
    """Whether line breaks are deliberate: the next word would have fitted."""
    children = [child for child in inline.children or () if child.content or child.type == "softbreak"]
    after_break = {i + 1 for i, child in enumerate(children) if child.content[:3].lower() == "<br"}
    if not any(child.type == "softbreak" and i not in after_break for i, child in enumerate(children)):
        return False
    lines = [line.strip() for line in inline.content.split("\n")]
    width = max(map(len, lines))
    return not all(_is_full(line, following, width) for line, following in pairwise(lines))


def _is_full(line: str, following: str, width: int) -> bool:
    first = following.split(maxsplit=1)[0] if following else ""
    return WRAPPED_AT <= len(line) <= WRAPPED_UP_TO and len(line) + 1 + len(first) + UNEVEN > width
