"""Runs the benches that are named, or all of them: `python -m bench [pages guesses restock prox memory] [--rounds 40]`.

Exit code 1 when a figure misses its goal. Needs what the tests need: PostgreSQL from the system's packages.
"""

from __future__ import annotations

import argparse
import sys
import time

from bench import guesses, memory, pages, prox, restock
from bench.ground import Ground, ground
from bench.tables import Table

# In this order: the memory is measured last, on the process that has done all the rest.
BENCHES = {
    "pages": pages.measure,
    "guesses": guesses.measure,
    "restock": restock.measure,
    "prox": prox.measure,
    "memory": memory.measure,
}


def main() -> int:
    """Run, and print a table as soon as it is there."""
    wanted = _wanted()
    started = time.monotonic()
    with ground(wanted.rounds) as place:
        tables = [_shown(place, name) for name in wanted.names or BENCHES]
    print(f"{time.monotonic() - started:.0f} s in all.")
    return 0 if all(table.is_reached for table in tables) else 1


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHES)}; all of them if none")
    parser.add_argument("--rounds", type=int, default=40, help="turns that each comparison takes (default: 40)")
    wanted = parser.parse_args()
    unknown = set(wanted.names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no bench named {', '.join(sorted(unknown))}")
    return wanted


def _shown(place: Ground, name: str) -> Table:
    table = BENCHES[name](place)
    print(table, end="\n\n", flush=True)
    return table


if __name__ == "__main__":
    sys.exit(main())
