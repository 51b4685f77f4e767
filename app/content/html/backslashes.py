"""Backslashes that CommonMark takes for marks, and so does not show.

In a drawing, a formula or a path the backslash itself is meant, unlike in ``\\*``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.escape import escape
from markdown_it.token import Token

MOST_NAMED = 3
SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
# Escaped by people and by programs that export Markdown, with and without need.
OFTEN_ESCAPED = frozenset("\\*_#[]`~|<>!+-.=&")

# A backslash that is shown: in front of a letter, a digit or a blank.
_SHOWN = re.compile(r"(?<!\\)(?:\\\\)*\\(?=[^!-/:-@\[-`{-~\n\\])")
_SHARE = re.compile(r"\\\\[\w.-]+\\[^\W_]")
_TEX = re.compile(r"&|\\[a-zA-Z]")
# Against a link, a note, an address.
_PREVENTS = re.compile(r"\]\\[(:]|\[\\\^|\w\\@\w|\w\\://")
_LETTER = re.compile(r"[^\W_]")
_STROKES = re.compile(r"[/|_]")
# What a sign begins at the start of a line: a heading, a list, a quotation, a rule, code, a cell.
_BLOCK = re.compile(r"#{1,6}(?:\s|$)|[-+*](?:\s|$)|>|[=-]+\s*$|`{3}|~{3}|\d{1,9}[.)](?:\s|$)")

Place = tuple[str, int]


def install(parser: MarkdownIt) -> None:
    parser.inline.ruler.at("escape", _escape)


def _escape(state: StateInline, silent: bool) -> bool:
    place = state.pos
    if not escape(state, silent):
        return False
    if not silent and state.src[place + 1] in SIGNS | {"\n"}:
        state.env.setdefault("escapes", []).append((state.src, place))
    return True


def lost_backslashes(parser: MarkdownIt, env: dict[str, Any]) -> Iterator[str]:
    places: list[Place] = env.get("escapes", [])
    lost = dict.fromkeys(_sample(*place) for place in places if _is_lost(parser, env, *place))
    if lost:
        named = ", ".join(f"“{one}”" for one in list(lost)[:MOST_NAMED])
        more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
        yield (
            f"A backslash is not shown in {named}{more}: in front of a sign, or at the end of a line, it is a mark. If"
            " it is meant, write two, or put the drawing or formula between lines of ```."
        )


def _is_lost(parser: MarkdownIt, env: dict[str, Any], text: str, place: int) -> bool:
    sign = text[place + 1]
    if sign == "\n":
        return _is_drawing(_run(text, place, place)[:-1])
    if sign == "\\":
        return _is_lost_pair(text, place)
    if text[place - 1 : place] == "¯":
        return True
    if sign in OFTEN_ESCAPED:
        is_doubtful = _is_at_stroke(text, place) or _SHOWN.search(_line(text, place)) is not None
    else:
        is_doubtful = _PREVENTS.match(text, max(0, place - 1)) is None and not (sign == ")" and "]\\(" in text[:place])
    return is_doubtful and not _has_effect(parser, env, text, place)


def _is_lost_pair(text: str, place: int) -> bool:
    """A drawing, a share, the end of a row in TeX."""
    run, line = _run(text, place, place + 1), _line(text, place)
    if _is_drawing(run) or _SHARE.match(run):
        return True
    if set(run) == {"\\"}:
        return "//" in text or (line.rstrip().endswith("\\") and _TEX.search(text) is not None)
    return False


def _is_at_stroke(text: str, place: int) -> bool:
    before, behind = text[place - 1 : place], text[place + 2 : place + 3]
    return "/" in (before, behind) or _is_drawing(_run(text, place, place + 1))


def _is_drawing(run: str) -> bool:
    return not _LETTER.search(run) and _STROKES.search(run.replace("\\_", "").replace("\\|", "")) is not None


def _has_effect(parser: MarkdownIt, env: dict[str, Any], text: str, place: int) -> bool:
    """On what the text means."""
    start = text.rfind("\n", 0, place) + 1
    bare = text[:place] + text[place + 1 :]
    before = text[start:place].strip()
    if (not before or before.isdigit()) and _BLOCK.match(bare[start:].lstrip().split("\n")[0]):
        return True
    return _meaning(parser, env, text) != _meaning(parser, env, bare)


def _meaning(parser: MarkdownIt, env: dict[str, Any], text: str) -> list[tuple[str, str]]:
    # As if no note had been referred to yet; only that they exist counts.
    notes = dict.fromkeys(env.get("footnotes", {}).get("refs", {}), -1)
    tokens: list[Token] = []
    parser.inline.parse(
        text, parser, {"references": env["references"], "footnotes": {"refs": notes, "list": {}}}, tokens
    )
    found: list[tuple[str, str]] = []
    for token in tokens:
        kind = "text" if token.type == "text_special" else token.type
        content = token.content + repr(sorted(token.attrs.items())) * bool(token.attrs)
        if kind == "text" and found and found[-1][0] == "text":
            found[-1] = ("text", found[-1][1] + content)
        elif kind != "text" or content:
            found.append((kind, content))
    return found


def _line(text: str, place: int) -> str:
    end = text.find("\n", place)
    return text[text.rfind("\n", 0, place) + 1 : end if end >= 0 else len(text)]


def _run(text: str, first: int, last: int) -> str:
    """The signs around, without blanks."""
    before, behind = re.split(r"\s", text[:first])[-1], re.split(r"\s", text[last + 1 :], maxsplit=1)[0]
    return before + text[first : last + 1] + behind


def _sample(text: str, place: int) -> str:
    run = _run(text, place, place) if text[place + 1] == "\n" else _run(text, place, place + 1)
    return run[:30]
