"""The report of what looks odd, for organisers to read. Nothing is ever done about it. Called by its page.

What counts as a sign is in :mod:`app.rules.cheating`; every sign has an innocent explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.rules.cheating import (
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
from app.services.ports import Ports
from app.store import oddities

MOST_SHOWN = 100
MOST_TEAMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Suspicions:
    """The first hundred of each sign and how many there are; ``texts`` are the guesses by digest, ``names`` teams'."""

    addresses: tuple[SharedAddress, ...]
    address_count: int
    quick: tuple[FirstSight, ...]
    quick_count: int
    shared: tuple[SharedGuess, ...]
    shared_count: int
    texts: Mapping[tuple[str, str], str]
    names: Mapping[int, str]


def look_for_signs(ports: Ports) -> Suspicions:
    """Everything that looks odd at this moment."""
    database = ports.database
    addresses = shared_addresses(oddities.read_visits(database))
    quick = quick_solves(FirstSight(*one) for one in oddities.read_quick_sights(database, QUICK))
    tries = oddities.read_rare_guesses(database, RARE_TEAMS, SHARED_WITHIN)
    shared = shared_wrong_guesses(WrongGuess(*one[:4]) for one in tries)
    first = (tuple(addresses[:MOST_SHOWN]), tuple(quick[:MOST_SHOWN]), tuple(shared[-MOST_SHOWN:][::-1]))
    return Suspicions(
        addresses=first[0],
        address_count=len(addresses),
        quick=first[1],
        quick_count=len(quick),
        shared=first[2],
        shared_count=len(shared),
        texts={(one[1], one[2]): one[4] for one in tries},
        names=oddities.read_names(database, _teams_of(*first)),
    )


def _teams_of(
    addresses: tuple[SharedAddress, ...], quick: tuple[FirstSight, ...], shared: tuple[SharedGuess, ...]
) -> Iterator[int]:
    for one in addresses:
        yield from one.team_ids[:MOST_TEAMS_SHOWN]
    yield from (solve.team_id for solve in quick)
    for pair in shared:
        yield from (pair.first.team_id, pair.second.team_id)
