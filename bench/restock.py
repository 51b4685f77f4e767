"""How long a restock of 300 puzzles takes from the moment its records are there: checked, rendered, stored, in force.

What Airtable needs to hand the records over is its own time and not counted. Each turn restocks a hunt of which no
text has been seen before, which is the worst there is; then the same hunt with one title changed, which is the usual.
"""

from __future__ import annotations

import time
from dataclasses import replace

from app.content.restock import restock
from app.content.sources.tables import Record, Source
from bench.ground import Ground
from bench.hunts import made_up_hunt
from bench.tables import Table, quiet_row

PUZZLES = 300
MOST_SECONDS = 2.0
TURNS = 3


def measure(place: Ground) -> Table:
    """The length of a restock."""
    before = place.ports.in_force.content.version
    fresh, changed = [], []
    for edition in range(1, TURNS + 1):
        source = made_up_hunt(PUZZLES, edition)
        fresh.append(_seconds(place, source))
        changed.append(_seconds(place, with_new_title(source)))
    place.run(f"UPDATE hunt_state SET content_version = {before}")
    return Table(
        f"A restock of {PUZZLES} puzzles",
        (
            quiet_row("a hunt never seen before", fresh, "s", MOST_SECONDS),
            quiet_row("the same with one title changed", changed, "s", MOST_SECONDS),
        ),
    )


def _seconds(place: Ground, source: Source) -> float:
    with place.app.app_context():
        started = time.perf_counter()
        done = restock(place.ports.for_content, place.ports.hasher, source, "bench")
        taken = time.perf_counter() - started
    assert done.is_new, "nothing was restocked"
    return taken


def with_new_title(source: Source, title: str = "Another title") -> Source:
    first, *others = source.tables["Puzzles"]
    renamed = Record(first.id, {**first.fields, "Title": title})
    return replace(source, tables={**source.tables, "Puzzles": (renamed, *others)})
