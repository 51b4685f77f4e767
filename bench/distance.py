"""A database far away: how long a puzzle page and a new wrong guess take with 0, 40, 80 and 200 ms to the pooler.

PgBouncer is beside the database, and a proxy in between is the distance. Pages and guesses one after the other, so the
figures are of waiting, not of load.
"""

from __future__ import annotations

from bench.tables import Row, Table, quiet_row
from tests.deploy.far_database import FarNode, far_node
from tests.support.postgres import postgres_cluster

DISTANCES_MS = (0, 40, 80, 200)
TURNS = 12
# How often the distance may be paid, and what may come on top.
PAGE_TRIPS, PAGE_MS = 1, 15
GUESS_TRIPS, GUESS_MS = 4, 30


def measure(turns: int = TURNS) -> Table:
    """Two rows for each distance."""
    rows: list[Row] = []
    with postgres_cluster() as cluster, far_node(cluster) as far:
        for distance in DISTANCES_MS:
            rows += _rows(far, distance, turns)
    return Table("A database far away", tuple(rows))


def _rows(far: FarNode, distance: int, turns: int) -> list[Row]:
    far.line.round_trip_seconds = distance / 1000
    far.pages(3)
    pages = [1000 * seconds for seconds in far.pages(turns)]
    guesses = [1000 * seconds for seconds in far.guesses(turns)]
    return [
        quiet_row(f"page at {distance} ms", pages, "ms", PAGE_TRIPS * distance + PAGE_MS, 0),
        quiet_row(f"guess at {distance} ms", guesses, "ms", GUESS_TRIPS * distance + GUESS_MS, 0),
    ]
