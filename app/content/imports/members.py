"""JSON of a file that somebody sent. Threat: a few megabytes of empty values become gigabytes."""

from __future__ import annotations

import json
from typing import Any

from app.content.imports.archive import ImportRefused
from app.content.sources.tables import MAX_RECORDS
from app.core.text import sentence

MOST_VALUES = 2_000_000
TOO_MANY_RECORDS = sentence("There are more than %(most)s records in it.", most=MAX_RECORDS)


def has_too_many_values(body: bytes) -> bool:
    return sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES


def read_json(body: bytes) -> Any:
    """None if it is empty. Raises :class:`ImportRefused`, and ValueError for what is no JSON."""
    if has_too_many_values(body):
        raise ImportRefused(TOO_MANY_RECORDS)
    try:
        return json.loads(body) if body.strip() else None
    except RecursionError as deep:
        raise ValueError(deep) from None
