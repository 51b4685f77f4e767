"""Regions of a text between marks. Threat: a text of nothing but opening marks must not cost its length squared."""

from __future__ import annotations

import re

_STYLE, _STYLE_END = re.compile(r"<style\b[^<>]*>", re.IGNORECASE), re.compile(r"</style\s*>", re.IGNORECASE)
_COMMAND = re.compile(r"\{[%{#]")
_COMMAND_ENDS = {"{%": "%}", "{{": "}}", "{#": "#}"}


def cut(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> tuple[str, list[str]]:
    """The text without its regions, and what stood in them."""
    outside, inside, at = list[str](), list[str](), 0
    while (start := opening.search(text, at)) and (end := closing.search(text, start.end())):
        outside.append(text[at : start.start()])
        inside.append(text[start.end() : end.start()])
        at = end.end()
    return "".join([*outside, text[at:]]), inside


def without_styles(text: str) -> tuple[str, str]:
    left, styles = cut(text, _STYLE, _STYLE_END)
    return left, "\n".join(style.strip() for style in styles if style.strip())


def without_commands(text: str) -> tuple[str, bool]:
    """Without a template's commands, and whether there were any."""
    outside, at, looked, ends = list[str](), 0, 0, dict(_COMMAND_ENDS)
    while start := _COMMAND.search(text, looked):
        looked = start.end()
        end = text.find(ends[start[0]], looked) if start[0] in ends else -1
        if end < 0:
            ends.pop(start[0], None)
            continue
        outside.append(text[at : start.start()])
        at = looked = end + 2
    return "".join([*outside, text[at:]]), at > 0
