"""The cheating report, for reading only.

Signs: :mod:`app.ops.cheating_signs`. Cached for minutes, since scanning a large hunt takes a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from app.clock import Clock
from app.database import snapshots
from app.database.engine import Database
from app.ops import cheating_queries
from app.ops.cheating_signs import (
    QUICK,
    RARE_TEAMS,
    SHARED_WITHIN,
    FirstSight,
    SharedAddress,
    SharedGuess,
    WrongGuess,
    quick_solves,
    shared_addresses,
    shared_wrong_guesses,
)

NAME = "signs of cheating"
KEPT = timedelta(minutes=5)
MOST_SHOWN = 100
MOST_TEAMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Suspicions:
    at: datetime
    addresses: tuple[SharedAddress, ...]
    address_count: int
    quick: tuple[FirstSight, ...]
    quick_count: int
    shared: tuple[SharedGuess, ...]
    shared_count: int
    texts: Mapping[str, str]
    names: Mapping[int, str]


def look_for_signs(database: Database, clock: Clock) -> Suspicions:
    """At most five minutes old."""
    kept, now = snapshots.read(database, NAME), clock.now()
    if kept is not None and abs(now - kept.made_at) < KEPT:
        return _read(kept.body)
    fresh = _look(database, now)
    # Computed before the lock: concurrent requests may both compute, but no writer waits.
    with snapshots.building(database, NAME) as building:
        building.keep(now, json.dumps(asdict(fresh), default=datetime.isoformat))
    return fresh


def _look(database: Database, now: datetime) -> Suspicions:
    addresses = shared_addresses(cheating_queries.read_visits(database))
    quick = quick_solves(FirstSight(*one) for one in cheating_queries.read_quick_sights(database, QUICK))
    tries = cheating_queries.read_rare_guesses(database, RARE_TEAMS, SHARED_WITHIN)
    shared = shared_wrong_guesses(WrongGuess(*one) for one in tries)
    first = (tuple(addresses[:MOST_SHOWN]), tuple(quick[:MOST_SHOWN]), tuple(shared[-MOST_SHOWN:][::-1]))
    counts = (len(addresses), len(quick), len(shared))
    return Suspicions(
        now, first[0], counts[0], first[1], counts[1], first[2], counts[2],
        texts=cheating_queries.read_texts(database, ((one.first.puzzle_id, one.first.text) for one in first[2])),
        names=cheating_queries.read_names(database, _teams_of(*first)),
    )  # fmt: skip


def _read(body: str) -> Suspicions:
    found: dict[str, Any] = json.loads(body)
    found["at"] = datetime.fromisoformat(found["at"])
    found["addresses"] = tuple(SharedAddress(one["address"], tuple(one["team_ids"])) for one in found["addresses"])
    found["quick"] = tuple(FirstSight(**_with_times(one)) for one in found["quick"])
    found["shared"] = tuple(SharedGuess(_guess(one["first"]), _guess(one["second"])) for one in found["shared"])
    found["names"] = {int(team_id): name for team_id, name in found["names"].items()}
    return Suspicions(**found)


def _guess(found: dict[str, Any]) -> WrongGuess:
    return WrongGuess(**_with_times(found))


def _with_times(found: dict[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(value) if name.endswith("at") else value for name, value in found.items()}


def _teams_of(
    addresses: tuple[SharedAddress, ...], quick: tuple[FirstSight, ...], shared: tuple[SharedGuess, ...]
) -> Iterator[int]:
    for one in addresses:
        yield from one.team_ids[:MOST_TEAMS_SHOWN]
    yield from (solve.team_id for solve in quick)
    for pair in shared:
        yield from (pair.first.team_id, pair.second.team_id)
