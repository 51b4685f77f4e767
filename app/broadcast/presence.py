"""How many are online: each process stores the number of its own sockets, and a reader adds them up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.clock import Clock
from app.database import snapshots
from app.database.engine import Database

PREFIX = "online:"
# A process reports every few seconds; one that is silent for longer is gone, with its sockets.
BELIEVED = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Online:
    """Open sockets, and different teams among them; ``by_process`` names the sockets of each."""

    clients: int
    teams: int
    by_process: tuple[tuple[str, int], ...]


def report(database: Database, now: datetime, process: str, clients: int, team_ids: Sequence[int]) -> None:
    """Note how many sockets this process has open, and of which teams."""
    body = json.dumps({"clients": clients, "teams": sorted(team_ids)})
    with snapshots.building(database, PREFIX + process[:70]) as building:
        building.keep(now, body)


def count_online(database: Database, clock: Clock) -> Online:
    """What all processes have reported lately."""
    since = clock.now() - BELIEVED
    found = {name: json.loads(kept.body) for name, kept in snapshots.read_many(database, PREFIX, since).items()}
    teams = {team for one in found.values() for team in one["teams"]}
    by_process = tuple(sorted((name.removeprefix(PREFIX), int(one["clients"])) for name, one in found.items()))
    return Online(sum(clients for _, clients in by_process), len(teams), by_process)


def forget_silent(database: Database, clock: Clock) -> None:
    """Drop the reports of processes that are gone."""
    snapshots.drop_old(database, PREFIX, clock.now() - 10 * BELIEVED)
