"""CommonMark with tables and footnotes, to HTML that is not yet safe: :mod:`app.content.html.sanitise` sanitises it.

The parser is built once, and what it made of a text is remembered, because a restock mostly meets the texts of the
one before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

REMEMBERED = 4096  # texts; three hundred puzzles with hints and messages have about three thousand

_ALIGNED = re.compile(r"text-align:(left|center|right)")
_BLOCK_START = re.compile(r"<(?:!doctype|!--|/?[a-z][a-z0-9]*[\s>/])", re.IGNORECASE)


def is_html(text: str) -> bool:
    """Whether every paragraph of the text begins with a tag and the text ends with one.

    Old bases hold whole texts in HTML; Markdown would take their indented lines for program code.
    """
    stripped = text.strip()
    if not stripped.endswith(">"):
        return False
    return all(_BLOCK_START.match(part.lstrip()) for part in re.split(r"\n[ \t]*\n", stripped) if part.strip())


@lru_cache(maxsize=REMEMBERED)
def to_html(text: str) -> str:
    """The HTML of a Markdown text, HTML in it included as it stands."""
    html: str = _parser().render(text)
    return html


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").use(footnote_plugin)
    parser.core.ruler.push("align_cells", _align_cells)
    parser.add_render_rule("footnote_anchor", _render_way_back)
    return parser


def _align_cells(state: StateCore) -> None:
    """Cells are aligned by class: no page of ours allows a style attribute."""
    for token in state.tokens:
        if token.type in ("td_open", "th_open"):
            style = token.attrs.pop("style", "")
            found = _ALIGNED.search(str(style))
            if found:
                token.attrSet("class", f"align-{found[1]}")


def _render_way_back(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """The arrow at the end of a footnote, with a name for people who hear the page."""
    note, again = tokens[index].meta["id"] + 1, tokens[index].meta.get("subId", 0)
    target = f"fnref{note}:{again}" if again > 0 else f"fnref{note}"
    return f' <a href="#{target}" class="footnote-backref" aria-label="Back to the text">↩\ufe0e</a>'
