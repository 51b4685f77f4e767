"""Which puzzles show which picture of a content version: their lock is the picture's lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from app.concurrency.cache import Cache
from app.content.assets import Asset, assets_by_path
from app.core.model import Content, Level, Puzzle


@dataclass(frozen=True, slots=True)
class AssetIndex:
    assets: dict[str, Asset]
    puzzles: dict[str, frozenset[str]]
    levels: dict[str, frozenset[str]]
    public: frozenset[str]


# Two versions are in use during a restock. Content is immutable, so its identity is the key.
_indexes: Cache[int, tuple[Content, AssetIndex]] = Cache(2)


def index_of(content: Content) -> AssetIndex:
    """Cached for each content."""
    known = _indexes.get(id(content))
    if known is None or known[0] is not content:
        known = (content, _build(content))
        _indexes.put(id(content), known)
    return known[1]


def _build(content: Content) -> AssetIndex:
    assets = assets_by_path(content.assets)
    return AssetIndex(
        assets=assets,
        puzzles=_owners(assets, ((puzzle.id, puzzle) for puzzle in content.puzzles)),
        levels=_owners(assets, ((level.id, level) for level in content.levels)),
        public=frozenset(path for path in assets if _is_mentioned(path, (*content.pages, content.site_css))),
    )


def _owners(assets: Iterable[str], records: Iterator[tuple[str, Puzzle | Level]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record_id, record in records:
        whole = "\n".join(_texts(record))
        for path in assets:
            if path in whole:
                found[path].add(record_id)
    return {path: frozenset(ids) for path, ids in found.items()}


def _is_mentioned(path: str, things: Iterable[object]) -> bool:
    return any(path in text for thing in things for text in _texts(thing))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _texts(one)
    elif hasattr(value, "__dataclass_fields__"):
        for one in fields(value):
            yield from _texts(getattr(value, one.name))
