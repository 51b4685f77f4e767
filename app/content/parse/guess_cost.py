"""The hashing time of a wrong guess, which is compared with every hash of its puzzle. Pure.

Threat: expensive or many hashes keep the cores busy and delay logins.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.content.parse.puzzles import CLOSE_FIELDS
from app.content.parse.row import Row
from app.core.answers import cost_of

HASH_FIELDS = ("Solution", *CLOSE_FIELDS)
MOST_SECONDS = 1.0
USUAL_SECONDS = 0.3
# Below this the clock stood still: no machine takes less than 20 ms at cost 10.
LEAST_STEP_SECONDS = 0.02 / 2**10


def check_guess_cost(rows: Iterable[Row], step_seconds: float) -> None:
    """``step_seconds``: of one bcrypt step; cost n has 2**n."""
    step = max(step_seconds, LEAST_STEP_SECONDS)
    for row in rows:
        hashes = _hashes_by_field(row)
        seconds = {field: step * sum(2 ** (cost_of(one) or 0) for one in found) for field, found in hashes.items()}
        total = sum(seconds.values())
        if total <= USUAL_SECONDS:
            continue
        count = sum(map(len, hashes.values()))
        largest = max(seconds, key=lambda field: seconds[field])
        others = ", ".join(field for field, found in hashes.items() if found and field != largest)
        what = f"{count} {'hash' if count == 1 else 'hashes'}" + (f" (others are in {others})" if others else "")
        told = f"A wrong guess is compared with {what} for {total:,.1f} s on this machine"
        if total > MOST_SECONDS:
            words = f"{told}; the most is {MOST_SECONDS:.0f} s. Make them anew at cost 10, or take some out."
            row.fault(largest, words)
        else:
            row.warn(largest, f"{told}. Above {USUAL_SECONDS} s guesses and logins wait for each other in a crowd.")


def _hashes_by_field(row: Row) -> dict[str, list[str]]:
    """Each hash in the first field that has it."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for field in HASH_FIELDS:
        lines = (line.strip() for line in row.body(field).split("\n"))
        found[field] = [line for line in dict.fromkeys(lines) if cost_of(line) is not None and line not in seen]
        seen.update(found[field])
    return found
