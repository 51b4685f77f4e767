"""CommonMark with tables, footnotes and strikethrough, to HTML that is not yet sanitised."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from app.content.html import backslashes, definitions, markdown_rules
from app.content.html.line_starts import with_plain_starts
from app.content.html.source_losses import source_losses
from app.content.html.unread_markup import unread_markup

_ALIGNED = re.compile(r"text-align:(left|center|right)")
_BLOCK_START = re.compile(
    r"<(?:!doctype|!--|/?(?:address|article|aside|audio|blockquote|body|center|dd|details|dir|div|dl|dt|fieldset"
    r"|figcaption|figure|footer|form|h[1-6]|head|header|hr|html|iframe|img|li|link|main|map|menu|meta|nav|ol|p|pre"
    r"|script|section|style|summary|svg|table|tbody|td|tfoot|th|thead|title|tr|ul|video)[\s>/])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Markup:
    html: str
    warnings: tuple[str, ...] = ()


def is_html(text: str) -> bool:
    """Whether each paragraph begins with a block's tag and the text ends with one.

    Markdown would read the indented lines of old HTML texts as code.
    """
    stripped = text.strip()
    if not stripped.endswith(">"):
        return False
    return all(_BLOCK_START.match(part.lstrip()) for part in re.split(r"\n[ \t]*\n", stripped) if part.strip())


def to_html(text: str) -> Markup:
    if is_html(text):
        return Markup(text)
    parser = _parser()
    source, tokens, env = definitions.parse(parser, with_plain_starts(text))
    html = str(parser.renderer.render(tokens, parser.options, env))
    losses = (*source_losses(source, tokens, env), *unread_markup(tokens), *backslashes.lost_backslashes(parser, env))
    return Markup(html, losses)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)
    markdown_rules.install(parser)
    definitions.install(parser)
    backslashes.install(parser)
    parser.core.ruler.push("align_cells", _align_cells)
    parser.core.ruler.push("head_rows", _head_rows)
    parser.add_render_rule("footnote_anchor", _render_way_back)
    return parser


def _align_cells(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("td_open", "th_open"):
            style = token.attrs.pop("style", "")
            found = _ALIGNED.search(str(style))
            if found:
                token.attrSet("class", f"align-{found[1]}")


def _head_rows(state: StateCore) -> None:
    """Where the first cell of every row is bold, it names the row, for screen readers too."""
    tokens, body = state.tokens, 0
    for index, token in enumerate(tokens):
        if token.type == "tbody_open":
            body = index
        elif token.type == "tbody_close":
            firsts = [
                at for at in range(body, index) if tokens[at].type == "td_open" and tokens[at - 1].type == "tr_open"
            ]
            if firsts and all(_is_bold(tokens[at + 1]) for at in firsts):
                for at in firsts:
                    tokens[at].tag = tokens[at + 2].tag = "th"
                    tokens[at].attrSet("scope", "row")


def _is_bold(cell: Token) -> bool:
    parts = [one for one in cell.children or () if one.type != "text" or one.content.strip()]
    if not parts or parts[0].type != "strong_open" or parts[-1].type != "strong_close":
        return False
    return sum(one.type == "strong_close" and one.level == parts[-1].level for one in parts) == 1


def _render_way_back(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    note, again = tokens[index].meta["id"] + 1, tokens[index].meta.get("subId", 0)
    target = f"fnref{note}:{again}" if again > 0 else f"fnref{note}"
    return f' <a href="#{target}" class="footnote-backref" aria-label="Back to the text">↩\ufe0e</a>'
