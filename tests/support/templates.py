"""Templates and URL rules compiled once for all applications of a test process: most of the time that building one
takes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from werkzeug.routing import Rule

from app.web.languages import HuntTemplates


@cache
def compile_once() -> None:
    """Let applications share compiled templates, by language, kind of catalogue and source. Each loads its own."""
    compiled: dict[tuple[Any, ...], Any] = {}
    compile_now = HuntTemplates.compile

    def compile_or_reuse(self: HuntTemplates, source: Any, *rest: Any, **more: Any) -> Any:
        key = (self.globals.get("language"), type(self.catalogue), source, rest, tuple(more.items()))
        if key not in compiled:
            compiled[key] = compile_now(self, source, *rest, **more)
        return compiled[key]

    HuntTemplates.compile = compile_or_reuse  # type: ignore[method-assign]
    _build_addresses_once()


def _build_addresses_once() -> None:
    """Share what builds addresses from a rule: it reads converters from the rule that it is given."""
    built: dict[tuple[Any, ...], Any] = {}
    build_now = Rule._compile_builder

    def build_or_reuse(self: Rule, append_unknown: bool = True) -> Any:
        converters = tuple((name, type(one)) for name, one in self._converters.items())
        key = (self.rule, self.subdomain, self.host, repr(self.defaults), converters, append_unknown)
        if key not in built:
            built[key] = build_now(self, append_unknown)
        return built[key]

    Rule._compile_builder = build_or_reuse  # type: ignore[method-assign]
