"""Authors' style sheets, cleaned and confined to their box.

Threats: addresses that leak what a page shows (``url()``, ``@import``, ``image-set()``), script in CSS, overlays that
fake a login, rules that leave their box, a ``</style`` that ends it. What is not understood is left out, with a
warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import tinycss2
from tinycss2.ast import URLToken

from app.content.html.selectors import (
    EVERYWHERE,
    Reach,
    SelectorRefused,
    classes_named,
    elements_of_no_text,
    scoped_selectors,
)
from app.core.clean_text import clean_text

PUZZLE_SCOPE = ".puzzle-sheet"
LEVEL_SCOPE = ".level-sheet"
MAX_CSS = 100_000  # characters; the site's own sheets are a tenth of it

_PICTURE = re.compile(r"data:image/(?:png|gif|jpeg|webp|avif)[;,]", re.IGNORECASE)
_FONT = re.compile(r"data:(?:font/(?:woff2?|ttf|otf)|application/(?:font-woff2?|x-font-\w+|octet-stream))[;,]", re.I)
# A string or a comment, or else a blank that is part of a name in CSS: no-break and wide ones, and those without width.
_ODD_BLANK = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|/\*.*?\*/)"""
    r"|([\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000])|[\u200b\u2060\ufeff]",
    re.DOTALL,
)
_RECURSED = frozenset({"media", "supports", "container"})
_KEYFRAMES = frozenset({"keyframes", "-webkit-keyframes"})
_DEEPEST = 8
# Fonts and animations have one name on the whole page: these are the site's own.
SITE_FONTS = frozenset({
    "system-ui", "-apple-system", "segoe ui", "roboto", "noto sans", "liberation sans", "sans-serif", "ui-serif",
    "iowan old style", "palatino linotype", "palatino", "urw palladio l", "p052", "noto serif", "georgia", "serif",
    "ui-monospace", "sfmono-regular", "cascadia mono", "menlo", "consolas", "liberation mono", "monospace",
})  # fmt: skip
SITE_ANIMATIONS = frozenset({"rise", "sweep"})
_UNWANTED_PROPERTIES = frozenset({"behavior", "-ms-behavior", "-moz-binding", "-ms-filter"})
# They fetch what a string names, or are script by another name.
_UNWANTED_FUNCTIONS = frozenset(
    {"expression", "image-set", "-webkit-image-set", "image", "src", "element", "paint", "attr", "cross-fade"}
)
# An allow-list: var(--x) could hold “fixed”.
_POSITIONS = frozenset({"static", "relative", "absolute", "sticky", "inherit", "initial", "unset", "revert"})


@dataclass(frozen=True, slots=True)
class Sheet:
    css: str
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Unwanted(Exception):
    """A part that is left out; the message says why."""


def clean_css(
    text: str, scope: str, asset_url: Callable[[str], str | None] | None = None, reach: Reach = EVERYWHERE
) -> Sheet:
    """Clean a sheet and put each rule behind the selector ``scope`` (empty: the whole site).

    Element names are those in the texts of ``reach``.
    """
    text = _with_plain_blanks(clean_text(text))
    if not text:
        return Sheet("")
    if len(text) > MAX_CSS:
        return Sheet("", faults=(f"The style sheet is longer than {MAX_CSS} characters.",))
    cleaner = _Cleaner(scope, asset_url or (lambda name: None), reach)
    try:
        css = "\n".join(cleaner.rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)))
    except RecursionError:
        return Sheet("", faults=("The style sheet is nested too deeply.",))
    # A backslash before any of these signs means the sign itself, in strings and in names; no tag survives it.
    css = css.replace("</", "<\\/").replace("<!", "<\\!")
    return Sheet(css, tuple(dict.fromkeys(cleaner.faults)), tuple(dict.fromkeys(cleaner.warnings)))


def kept_in_box(css: str, scope: str, box: str) -> str:
    """Confine a clean sheet to the element with the id ``box``.

    Replaces in strings too: an id must be letters and digits, else ValueError.
    """
    if not (box.isascii() and box.isalnum()):
        raise ValueError("such an id might end a string")
    return css.replace(scope, f"#{box} {scope}")


def is_link(text: str) -> bool:
    """Whether a CustomCSS cell holds an address in place of a sheet."""
    return re.fullmatch(r"\s*https?://\S+\s*", text, re.IGNORECASE) is not None


def _with_plain_blanks(css: str) -> str:
    """As they come along from word processors and web pages."""
    return css if css.isascii() else _ODD_BLANK.sub(lambda found: found[1] or (" " if found[2] else ""), css)


@lru_cache(maxsize=1_024)
def classes_in(css: str) -> frozenset[str]:
    return frozenset(
        _classes(tinycss2.parse_stylesheet(_with_plain_blanks(css), skip_comments=True, skip_whitespace=True))
    )


def _classes(rules: list[Any]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            yield from classes_named(rule.prelude)
        elif rule.type == "at-rule" and rule.content is not None and rule.lower_at_keyword in _RECURSED:
            yield from _classes(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))


@dataclass
class _Cleaner:
    scope: str
    asset_url: Callable[[str], str | None]
    reach: Reach
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def rules(self, nodes: list[Any], depth: int = 0) -> Iterator[str]:
        for node in nodes:
            try:
                rule = self._rule(node, depth)
            except (Unwanted, SelectorRefused) as reason:
                self.warnings.append(f"Line {node.source_line} was left out: {reason}")
            else:
                if rule:
                    yield rule

    def _rule(self, node: Any, depth: int) -> str:
        if node.type == "qualified-rule":
            has_title = self.scope != PUZZLE_SCOPE
            selectors = scoped_selectors(node.prelude, self.scope, self.reach, has_title=has_title)
            for name in elements_of_no_text(node.prelude, has_title=has_title) if self.scope else ():
                self.warnings.append(f"Line {node.source_line}: “{name[:40]}” selects nothing here: no text has it.")
            return self._block(selectors, self._declarations(node.content))
        if node.type == "at-rule":
            return self._at_rule(node, depth)
        raise Unwanted(str(getattr(node, "message", "it is not CSS")))

    def _at_rule(self, node: Any, depth: int) -> str:
        name = node.lower_at_keyword
        if name == "charset":
            return ""
        if node.content is None or name not in _RECURSED | _KEYFRAMES | {"font-face"}:
            raise Unwanted(f"@{name[:40]} is not possible here")
        self._refuse_names_of_the_site(name, node)
        if name == "font-face":
            return self._block("@font-face", self._declarations(node.content, addresses=_FONT))
        head = f"@{name} {self._prelude(node.prelude)}"
        inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
        if name in _KEYFRAMES:
            return self._block(head, "".join(self._keyframes(inner)))
        if depth >= _DEEPEST:
            raise Unwanted("it is nested too deeply")
        return self._block(head, "\n".join(self.rules(inner, depth + 1)))

    def _refuse_names_of_the_site(self, name: str, node: Any) -> None:
        if name in _KEYFRAMES:
            taken = {one.value for one in node.prelude if one.type in ("ident", "string")} & SITE_ANIMATIONS
        else:
            taken = _families(node.content) & SITE_FONTS if name == "font-face" else set[str]()
        if taken and self.scope:
            raise Unwanted(f"{', '.join(sorted(taken))} is a name of the site's own; choose another")

    def _keyframes(self, nodes: list[Any]) -> Iterator[str]:
        for node in nodes:
            if node.type == "qualified-rule":
                yield self._block(self._prelude(node.prelude), self._declarations(node.content))

    @staticmethod
    def _block(head: str, body: str) -> str:
        return f"{head} {{ {body} }}" if body else ""

    def _prelude(self, tokens: list[Any]) -> str:
        return str(tinycss2.serialize(list(self._values(tokens, re.compile("(?!)")))).strip())

    def _declarations(self, content: list[Any], addresses: re.Pattern[str] = _PICTURE) -> str:
        kept = []
        for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
            try:
                kept.append(self._declaration(node, addresses))
            except Unwanted as reason:
                self.warnings.append(f"Line {node.source_line}: {reason}")
        return " ".join(kept)

    def _declaration(self, node: Any, addresses: re.Pattern[str]) -> str:
        if node.type in ("qualified-rule", "at-rule"):
            raise Unwanted("rules inside of rules are left out; write them one after another")
        if node.type != "declaration":
            raise Unwanted("a declaration was left out, since it is not understood; write “name: value;”")
        if node.lower_name in _UNWANTED_PROPERTIES:
            raise Unwanted(f"{node.lower_name} is left out")
        value = str(tinycss2.serialize(list(self._values(node.value, addresses)))).strip()
        if node.lower_name == "position" and value.lower() not in _POSITIONS:
            raise Unwanted("position may be static, relative, absolute or sticky")
        name = tinycss2.serialize_identifier(node.name)
        return f"{name}: {value}{' !important' if node.important else ''};"

    def _values(self, tokens: list[Any], addresses: re.Pattern[str]) -> Iterator[Any]:
        for token in tokens:
            if token.type == "error":
                raise Unwanted(f"{token.message}")
            if token.type == "url":
                yield self._address(token, token.value, addresses)
            elif token.type == "function" and token.lower_name == "url":
                yield self._address(token, _string_in(token.arguments), addresses)
            else:
                yield self._nested(token, addresses)

    def _nested(self, token: Any, addresses: re.Pattern[str]) -> Any:
        if token.type == "function":
            if token.lower_name in _UNWANTED_FUNCTIONS:
                raise Unwanted(f"{token.lower_name}() is left out")
            token.arguments = list(self._values(token.arguments, addresses))
        elif token.type in ("() block", "[] block", "{} block"):
            token.content = list(self._values(token.content, addresses))
        return token

    def _address(self, token: Any, value: str, addresses: re.Pattern[str]) -> URLToken:
        value = value.strip()
        if value.lower().startswith("asset:"):
            found = self.asset_url(value[6:])
            if found is None:
                self.faults.append(
                    f"There is no asset named {value[6:][:100]}. Add it to the file, or correct the name."
                )
                raise Unwanted("the asset is missing")
            value = found
        elif not addresses.match(value):
            raise Unwanted(f"url({value[:60]}) is left out: a style sheet may use data: pictures and asset:NAME only")
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\A ")
        return URLToken(token.source_line, token.source_column, value, f'url("{quoted}")')


def _families(content: list[Any]) -> set[str]:
    declared = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    values = [one.value for one in declared if one.type == "declaration" and one.lower_name == "font-family"]
    words = [" ".join(part.value for part in value if part.type in ("ident", "string")) for value in values]
    return {word.strip().lower() for word in words}


def _string_in(arguments: list[Any]) -> str:
    strings = [one.value for one in arguments if one.type == "string"]
    others = [one for one in arguments if one.type not in ("string", "whitespace", "comment")]
    if len(strings) != 1 or others:
        raise Unwanted("this url() is not understood")
    return str(strings[0])
