"""Pagination and JSON of long lists; CSV: :mod:`app.core.csv_text`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
LINES_A_PIECE = 500


@dataclass(frozen=True, slots=True)
class Cut(Generic[Row]):
    """Newest first."""

    rows: tuple[Row, ...]
    has_newer: bool
    has_older: bool


def cut(rows: Sequence[Row], limit: int, *, is_after: bool, is_before: bool) -> Cut[Row]:
    """From ``limit`` + 1 rows, newest first, above (after) or below (before) a place."""
    has_more = len(rows) > limit
    if is_after:
        return Cut(tuple(rows[-limit:]), has_newer=has_more, has_older=True)
    return Cut(tuple(rows[:limit]), has_newer=is_before, has_older=has_more)


def as_json(name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield f'{{"{name}": ['
    remaining, between = iter(rows), ""
    while piece := list(islice(remaining, LINES_A_PIECE)):
        yield between + ",\n".join(json.dumps(row, ensure_ascii=False) for row in piece)
        between = ",\n"
    yield "]}\n"


@dataclass(frozen=True, slots=True)
class Place:
    at: datetime
    table: int
    id: int
