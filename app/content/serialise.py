"""Content as stored text, read back exactly without rendering.

Nodes start from it without Airtable or Markdown. Fields with their default are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime
from typing import Any

from app.core.model import Attachment, Content, Division, Hint, Level, NearAnswer, Page, Puzzle, StoryBlock

SHAPE = 1  # to be counted up whenever an older text could no longer be read, or would be read differently

Reader = Callable[[Any], Any]


class FrozenOtherwise(Exception):
    """Another release's form, or damaged: compile the records again."""


def to_json(content: Content) -> str:
    """:func:`from_json` returns an equal one."""
    return json.dumps({"shape": SHAPE, "content": _plain(content)}, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Content:
    """Raises :class:`FrozenOtherwise`."""
    try:
        whole = json.loads(text)
        if whole["shape"] != SHAPE:
            raise FrozenOtherwise(f"shape {whole['shape']!r}, not {SHAPE}")
        content: Content = _rebuild(Content, whole["content"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FrozenOtherwise(type(error).__name__) from error
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if _is_worth_writing(value, one)}
    return value


def _is_worth_writing(value: Any, one: Field[Any]) -> bool:
    return one.init and getattr(value, one.name) != _default_of(one)


def _default_of(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _rebuild(kind: Callable[..., Any], written: Mapping[str, Any]) -> Any:
    readers = READERS.get(kind)
    if not readers:
        return kind(**written)
    return kind(**{name: readers[name](value) if name in readers else value for name, value in written.items()})


def _many(kind: Callable[..., Any]) -> Reader:
    return lambda written: tuple(_rebuild(kind, one) for one in written)


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _moments(written: Mapping[str, str]) -> dict[str, datetime | None]:
    return {key: _moment(value) for key, value in written.items()}


READERS: dict[Any, dict[str, Reader]] = {
    Content: {
        "levels": _many(Level),
        "puzzles": _many(Puzzle),
        "divisions": _many(Division),
        "pages": _many(Page),
        "since": _moments,
    },
    Level: {"unlock_at": _moment, "prereq": tuple, "metas": tuple},
    Puzzle: {
        "unlock_at": _moment,
        "prereq": tuple,
        "divisions": tuple,
        "answers": tuple,
        "access": tuple,
        "attachments": _many(Attachment),
        "close": _many(NearAnswer),
        "hints": _many(Hint),
        "story": _many(StoryBlock),
    },
}
