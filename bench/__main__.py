"""Runs the benches that are named, or all of them: `python -m bench [pages guesses … mix sockets] [--rounds 40]`.

Exit code 1 when a figure misses its goal. Needs what the tests need: PostgreSQL from the system's packages.
"""

from __future__ import annotations

import argparse
import platform
import sys
import sysconfig
import time
from collections.abc import Callable
from typing import Any

from bench import (
    distance,
    found,
    growth,
    guesses,
    imports,
    lighthouse,
    memory,
    mix,
    organisers,
    overload,
    pages,
    prox,
    recovery,
    release,
    restock,
    results,
    soak,
    sockets,
    storms,
)
from bench.ground import ground
from bench.tables import Table

# In this order: the memory is measured last, on the process that has done all the rest.
BENCHES = {
    "pages": pages.measure,
    "guesses": guesses.measure,
    "restock": restock.measure,
    "imports": imports.measure,
    "prox": prox.measure,
    "memory": memory.measure,
}
# These bring a ground of their own: two processes, a thousand teams.
LOADS = {
    "mix": mix.measure,
    "overload": overload.measure,
    "release": release.measure,
    "logins": storms.measure_logins,
    "storm": storms.measure_guesses,
    "sockets": sockets.measure,
    "organisers": organisers.measure,
    "growth": growth.measure,
    "found": found.measure,
    "distance": distance.measure,
    "recovery": recovery.measure,
    "lighthouse": lighthouse.measure,
    "soak": soak.measure,
}


def main() -> int:
    """Run, and print a table as soon as it is there."""
    wanted = _wanted()
    started = time.monotonic()
    names = wanted.names or [*BENCHES, *LOADS]
    print(interpreter(), end="\n\n", flush=True)
    tables = []
    if any(name in BENCHES for name in names):
        with ground(wanted.rounds) as place:
            tables += [_shown(BENCHES[name](place)) for name in names if name in BENCHES]
    tables += [_shown(LOADS[name]()) for name in names if name in LOADS]
    print(f"{time.monotonic() - started:.0f} s in all.")
    return 0 if all(table.is_reached for table in tables) else 1


# Debian builds its Python with a profile, by a rule of its own that the configuration does not show.
DEBIANS_WHEELS = "/usr/share/python-wheels/"


def interpreter(told: Callable[[str], Any] = sysconfig.get_config_var) -> str:
    """How the Python was built that all figures are of: with profile-guided optimisation a page costs a tenth less."""
    is_debians = told("WHEEL_PKG_DIR") == DEBIANS_WHEELS
    is_guided = is_debians or "--enable-optimizations" in (told("CONFIG_ARGS") or "")
    by = " by Debian" if is_debians else ""
    return (
        f"Python {platform.python_version()}, built{by} with{'' if is_guided else 'out'} profile-guided optimisation."
    )


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join((*BENCHES, *LOADS))}; all if none")
    parser.add_argument("--rounds", type=int, default=40, help="turns that each comparison takes (default: 40)")
    wanted = parser.parse_args()
    unknown = set(wanted.names) - {*BENCHES, *LOADS}
    if unknown:
        parser.error(f"there is no bench named {', '.join(sorted(unknown))}")
    return wanted


def _shown(table: Table) -> Table:
    print(table, end="\n\n", flush=True)
    for words in results.note(table):
        print(words, end="\n\n", flush=True)
    return table


if __name__ == "__main__":
    sys.exit(main())
