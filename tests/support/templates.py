"""Templates compiled once for all applications of a test process: most of the time that building one takes."""

from __future__ import annotations

from functools import cache
from typing import Any

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
