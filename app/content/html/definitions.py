"""Definitions of links and footnotes, which CommonMark removes from the text.

``[Down]: Something (5)`` is a clue: a definition that is unused, repeated or has no address stays visible text.
"""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# Each round turns at least one definition into text; a text with more rounds than these is warned of by its words.
ROUNDS = 20

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:\S|[#/.?]|www\.", re.IGNORECASE)


class Definitions(dict[str, Any]):
    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def get(self, label: str, default: Any = None) -> Any:
        if label in self:
            self.used.add(label)
        return super().get(label, default)


def install(parser: MarkdownIt) -> None:
    """Record footnote definitions before the plugin drops the unused."""
    parser.core.ruler.before("footnote_tail", "note_footnotes", _note_footnotes)


def parse(parser: MarkdownIt, text: str) -> tuple[str, list[Token], dict[str, Any]]:
    for _ in range(ROUNDS):
        env: dict[str, Any] = {"references": Definitions(), "notes": []}
        tokens = parser.parse(text, env)
        lines = _lines_swallowed(env)
        if not lines:
            break
        text = _escaped(text, lines)
    return text, tokens, env


def _note_footnotes(state: StateCore) -> None:
    opened = [token for token in state.tokens if token.type == "footnote_reference_open"]
    state.env.setdefault("notes", []).extend((token.meta["label"], (token.map or [0])[0]) for token in opened)


def _lines_swallowed(env: dict[str, Any]) -> set[int]:
    known: Definitions = env["references"]
    lines = {
        ref["map"][0] for label, ref in known.items() if label not in known.used or not _ADDRESS.match(ref["href"])
    }
    lines |= {ref["map"][0] for ref in env.get("duplicate_refs", ())}
    used = env.get("footnotes", {}).get("refs", {})
    last = dict(env["notes"])
    return lines | {line for label, line in env["notes"] if used.get(f":{label}", -1) < 0 or last[label] != line}


def _escaped(text: str, lines: set[int]) -> str:
    return "\n".join(
        line.replace("[", "&#91;", 1) if number in lines else line for number, line in enumerate(text.split("\n"))
    )
