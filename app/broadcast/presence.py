"""Who is online: each process stores its number of sockets; readers add them up."""

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
    """``team_ids``: without staff."""

    clients: int
    team_ids: tuple[int, ...]
    by_process: tuple[tuple[str, int], ...]

    @property
    def teams(self) -> int:
        return len(self.team_ids)


def report(database: Database, now: datetime, process: str, clients: int, team_ids: Sequence[int]) -> None:
    body = json.dumps({"clients": clients, "teams": sorted(team_ids)})
    with snapshots.building(database, PREFIX + process[:70]) as building:
        building.keep(now, body)


def count_online(database: Database, clock: Clock) -> Online:
    since = clock.now() - BELIEVED
    found = {name: json.loads(kept.body) for name, kept in snapshots.read_many(database, PREFIX, since).items()}
    teams = {team for one in found.values() for team in one["teams"]}
    by_process = tuple(sorted((name.removeprefix(PREFIX), int(one["clients"])) for name, one in found.items()))
    return Online(sum(clients for _, clients in by_process), tuple(sorted(teams)), by_process)


def forget_silent(database: Database, clock: Clock) -> None:
    snapshots.drop_old(database, PREFIX, clock.now() - 10 * BELIEVED)
