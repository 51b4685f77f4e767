"""Markdown rules where CommonMark misreads puzzle texts: blanks for letters (``_ _ _``), Morse code, clue numbers,
indented HTML, words in angle brackets.
"""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.hr import hr
from markdown_it.rules_block.html_block import html_block
from markdown_it.rules_block.lheading import lheading
from markdown_it.rules_block.list import list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from app.content.html.emphasis import with_whole_marks
from app.content.html.tag_names import CONTAINERS, HTML_NAMES, LAID_OUT

SHORTEST_UNDERLINE = 3
_TAG = re.compile(r"</?([a-z][a-z0-9-]*)(?=[\s>/])", re.IGNORECASE)
_FIRST_TAG = re.compile(r"</?([a-z][a-z0-9-]*)(?:[\s>/]|$)", re.IGNORECASE)
_CONTAINER = re.compile(r"<(/?)([a-z][a-z0-9]*)(?=[\s>/])", re.IGNORECASE)
_PRE = re.compile(r"<(/?)pre(?=[\s>/])", re.IGNORECASE)
_MORSE = re.compile(r"-(?=.*[.·•])[-.·•/ ]*")


def install(parser: MarkdownIt) -> None:
    block = parser.block.ruler
    block.before("table", "dedent_html", _dedent_html)
    block.at("hr", _rule_across, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    block.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    block.at("html_block", _html_block, {"alt": ["paragraph", "reference", "blockquote"]})
    block.at("lheading", _underlined_heading)
    parser.core.ruler.before("inline", "whole_marks", _mend_marks)
    parser.core.ruler.before("inline", "item_numbers", _keep_numbers)
    parser.core.ruler.after("inline", "words_in_brackets", _keep_words_in_brackets)


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


# --- blocks ----------------------------------------------------------------------------------------------------------


def _dedent_html(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Indented lines are HTML inside an open element, or if they begin with a block's tag."""
    if silent or not state.is_code_block(start):
        return False
    first = _FIRST_TAG.match(_line(state, start))
    if not state.env.get("open_elements") and not (first and first[1].lower() in LAID_OUT):
        return False
    surplus = state.sCount[start] - state.blkIndent
    for number in range(start, end):
        if state.isEmpty(number):
            break
        state.sCount[number] = max(state.blkIndent, state.sCount[number] - surplus)
    return False


def _html_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """HTML unless its first tag is a word in angle brackets."""
    first = _FIRST_TAG.match(_line(state, start))
    if (first and first[1].lower() not in HTML_NAMES) or not html_block(state, start, end, silent):
        return False
    if not silent:
        _keep_preformatted(state, start, end)
        depth = state.env.get("open_elements", 0)
        for closing, name in _CONTAINER.findall(state.tokens[-1].content):
            if name.lower() in CONTAINERS:
                depth = max(0, depth - 1) if closing else depth + 1
        state.env["open_elements"] = depth
    return True


def _keep_preformatted(state: StateBlock, start: int, end: int) -> None:
    """A block that ends at an empty line inside of ``<pre>`` goes on to its end."""
    block, endless = state.tokens[-1], state.env.setdefault("endless_pre", set())
    while state.line < end and end not in endless and _is_open(block.content):
        last = next((at for at in range(state.line, end) if "</pre" in _line(state, at).lower()), None)
        if last is None:
            endless.add(end)
            return
        while last + 1 < end and not state.isEmpty(last + 1) and state.sCount[last + 1] >= state.blkIndent:
            last += 1
        state.line = last + 1
        block.content = state.getLines(start, state.line, state.blkIndent, True)
        block.map = [start, state.line]


def _is_open(html: str) -> bool:
    tags = _PRE.findall(html)
    return bool(tags) and not tags[-1]


def _rule_across(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Only ``---``, ``***``, ``___`` and ``* * *`` are rules."""
    if not hr(state, start, end, True):
        return False
    written = _line(state, start).rstrip()
    if silent or written in ("___", "* * *") or (written[0] != "_" and " " not in written and "\t" not in written):
        return hr(state, start, end, silent)
    state.line = start + 1
    place = [start, state.line]
    state.push("paragraph_open", "p", 1).map = place
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = re.sub(r"([-_*])", r"\\\1", written), place, []
    state.push("paragraph_close", "p", -1)
    return True


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return not _MORSE.fullmatch(_line(state, start)) and list_block(state, start, end, silent)


def _underlined_heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """An underlined heading needs three marks; one ``-`` or ``=`` is text."""
    before = len(state.tokens)
    if not lheading(state, start, end, silent):
        return False
    if silent or len(_line(state, state.line - 1).strip()) >= SHORTEST_UNDERLINE:
        return True
    del state.tokens[before:]
    state.line = start
    return False


# --- everything together ---------------------------------------------------------------------------------------------


def _mend_marks(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.content = with_whole_marks(token.content)


def _keep_numbers(state: StateCore) -> None:
    """Keep written list numbers, unless all are the same."""
    lists: list[list[Token]] = []
    for token in state.tokens:
        if token.type in ("ordered_list_open", "bullet_list_open"):
            lists.append([])
        elif token.type == "list_item_open" and lists:
            lists[-1].append(token)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            _number(lists.pop())


def _number(items: list[Token]) -> None:
    written = [int(item.info) for item in items if item.info.isdigit()]
    if len(set(written)) < 2:
        return
    expected = written[0]
    for item, number in zip(items, written, strict=True):
        if number != expected:
            item.attrSet("value", str(number))
        expected = number + 1


def _keep_words_in_brackets(state: StateCore) -> None:
    def keep(token: Any) -> None:
        for child in token.children or ():
            found = _TAG.match(child.content) if child.type == "html_inline" else None
            if found and found[1].lower() not in HTML_NAMES:
                child.type = "text"
            keep(child)

    for token in state.tokens:
        keep(token)
