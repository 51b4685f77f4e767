"""Small hunts to spoil: a sound one, and ways to change single cells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.content.faults import ContentFaulty, Fault
from app.content.parse.parser import Parsed, Seams, parse
from app.content.sources.tables import Record, Source

HASH = "$2b$10$BoT2xjP0DqbCC0DKD5mWQukby4aX3HkFA1/g5BjaxRUv3hIHhEuVO"
OTHER_HASH = HASH[:-1] + "e"

TEXT = {"ContentText": "What is it?"}
SOUND: dict[str, dict[str, dict[str, Any]]] = {
    "Levels": {
        "recL1": {"Title": "First", "Order": 1, "Unlocked": True},
        "recL2": {"Title": "Second", "Order": 2, "Unlocked": True, "Prereq": ["recP1"]},
    },
    "Puzzles": {
        "recP1": {"Title": "One", "Level": ["recL1"], "Unlocked": True, "Solution": HASH, "Hints": ["recH1"]} | TEXT,
        "recP2": {"Title": "Two", "Level": ["recL2"], "Unlocked": True, "Solution": HASH, "Hints": ["recH2"]} | TEXT,
    },
    "Hints": {
        "recH1": {"HintText": "Look *up*.", "Order": 1},
        "recH2": {"HintText": "Look down.", "Order": 1},
    },
    "Divisions": {"recD1": {"Code": "solo", "Name": "Solo", "Public": True, "Ranked": True, "FinalPuzzle": ["recP2"]}},
}

Cells = Mapping[str, Mapping[str, Mapping[str, Any] | None]]


def source(changes: Cells | None = None, *, view: str | None = None, without: str = "", **more: Any) -> Source:
    """The sound hunt with some cells changed; a cell of None is emptied, a record of None is gone."""
    tables = {table: {key: dict(cells) for key, cells in rows.items()} for table, rows in SOUND.items()}
    for table, rows in (changes or {}).items():
        for key, cells in rows.items():
            if cells is None:
                tables[table].pop(key)
            else:
                row = tables.setdefault(table, {}).setdefault(key, {})
                row.update(cells)
    made = {
        table: tuple(
            Record(key, {name: cell for name, cell in cells.items() if cell is not None}) for key, cells in rows.items()
        )
        for table, rows in tables.items()
        if table != without
    }
    return Source(made, view=view, **more)


def parsed(changes: Cells | None = None, *, seams: Seams | None = None, site_css: str = "", **more: Any) -> Parsed:
    """The changed hunt, which must be sound."""
    return parse(source(changes, **more), version=1, seams=seams, site_css=site_css)


def faults(
    changes: Cells | None = None, *, seams: Seams | None = None, site_css: str = "", **more: Any
) -> tuple[Fault, ...]:
    """All faults of the changed hunt."""
    try:
        parsed(changes, seams=seams, site_css=site_css, **more)
    except ContentFaulty as faulty:
        return faulty.faults
    return ()


def warnings(changes: Cells | None = None, **more: Any) -> list[str]:
    """All warnings of the changed hunt, written out."""
    return [str(found) for found in parsed(changes, **more).warnings]
