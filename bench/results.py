"""The last results on this machine, and which figures have left the band in which they lay."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bench.tables import Table
from tests.support.environment import ROOT

FILE = ROOT / "build" / "bench-results.json"
KEPT, LEAST = 8, 3
# A figure may be so much outside of the span of its last results: other work on the machine moves all of them.
MARGIN = 0.1


def note(table: Table, file: Path = FILE) -> list[str]:
    """Store the figures of a table; say of each that has left its band where it lay before."""
    known: dict[str, list[float]] = json.loads(file.read_text()) if file.exists() else {}
    said = []
    for row in table.rows:
        name = f"{_plain(table.title)}: {_plain(row.name)}"
        before = known.get(name, [])
        if len(before) >= LEAST and not _is_within(row.figure, before):
            span = f"{min(before):.{row.digits}f} … {max(before):.{row.digits}f}"
            said.append(f"{name} left its band: {row.figure:.{row.digits}f} {row.unit}, was {span}")
        known[name] = [*before, row.figure][-KEPT:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known, indent=1))
    return said


def _is_within(figure: float, before: list[float]) -> bool:
    return (1 - MARGIN) * min(before) <= figure <= (1 + MARGIN) * max(before)


def _plain(title: str) -> str:
    """Without figures, such as the size of a page, which differ from run to run."""
    return re.sub(r"\d+\.\d+ ?", "", title)
