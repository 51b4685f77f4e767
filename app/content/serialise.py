"""Content as stored text, read back exactly without rendering.

Fields with defaults are left out and unknown ones ignored, so that releases read each other's texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from app.core.model import Content, Division, Level, Page, Puzzle

SHAPE = 1  # to be counted up whenever an older text could no longer be read, or would be read differently


class FrozenOtherwise(Exception):
    """Another release's form, or damaged: compile the records again."""


class _StoredContent(msgspec.Struct):
    version: int
    levels: tuple[Level, ...]
    puzzles: tuple[Puzzle, ...]
    divisions: tuple[Division, ...]
    pages: tuple[Page, ...] = ()
    assets: dict[str, str] = {}
    since: dict[str, datetime] = {}
    site_css: str = ""


class _StoredText(msgspec.Struct):
    shape: int
    content: _StoredContent


_DECODER = msgspec.json.Decoder(_StoredText)


def to_json(content: Content) -> str:
    return msgspec.json.encode({"shape": SHAPE, "content": _plain(content)}).decode()


def from_json(text: str) -> Content:
    """Raises :class:`FrozenOtherwise`."""
    try:
        whole = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FrozenOtherwise(type(error).__name__) from error
    if whole.shape != SHAPE:
        raise FrozenOtherwise(f"shape {whole.shape!r}, not {SHAPE}")
    return Content(**{name: getattr(whole.content, name) for name in _StoredContent.__struct_fields__})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return dict(value)
    if not hasattr(value, "__dataclass_fields__"):
        return value
    held = ((name, getattr(value, name), default) for name, default in _defaults(value.__class__))
    return {name: _plain(one) for name, one, default in held if one != default}


@cache
def _defaults(kind: Any) -> list[tuple[str, Any]]:
    written = (one for one in fields(kind) if one.init)
    return [(one.name, one.default if one.default_factory is MISSING else one.default_factory()) for one in written]
