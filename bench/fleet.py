"""A hunt as it is on the day: two processes on PostgreSQL and Redis, a thousand teams that are logged in.

The ground of the loads: many players at once, and thousands of open pages. Sessions are made as the login makes them;
a thousand real logins would be a bench of bcrypt.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import requests
from sqlalchemy import text

from app.database.schema import Team
from bench import ground
from bench.ground import Ground
from bench.meter import memory_mb
from tests.support.databases import PostgresShelf
from tests.support.postgres import postgres_cluster
from tests.support.redis import redis_server
from tests.support.server import Node, node

TEAMS = 1_000
PROCESSES = 2
# Of the program, not of this bench, whose own connections have its process number.
CONNECTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name LIKE 'infinity-%' AND application_name NOT LIKE '%-' || :own
"""
TOKEN = "a token of the bench"
PAUSE = re.compile(r"^infinity_longest_collection_seconds (\S+)$", re.MULTILINE)
# Enough for the pages; what the loads may take of the database in all is one of their figures.
SETTINGS = {
    "ANSWER_COST": "10",
    "DB_POOL_SIZE": "5",
    "WEB_PROCESSES": str(PROCESSES),
    "BROADCAST_TOKEN": TOKEN,
    "METRICS_TOKEN": TOKEN,
}


@dataclass
class Player:
    """One team's browser: the cookie it sends, and the token of its forms."""

    cookie: str
    token: str


@dataclass
class Fleet:
    """``server`` is the parent of the serving processes."""

    place: Ground
    server: Node
    players: list[Player] = field(default_factory=list)

    @property
    def processes(self) -> list[int]:
        """The processes that serve."""
        said = subprocess.run(["pgrep", "-P", str(self.server.process.pid)], check=True, capture_output=True, text=True)
        return [int(number) for number in said.stdout.split()]

    def memory_mb(self) -> float:
        """What they have resident, all together."""
        return sum(memory_mb(process) for process in self.processes)

    def connections(self) -> int:
        """How many connections to the database the program has open."""
        with self.place.ports.database.reading() as connection:
            return int(connection.execute(text(CONNECTIONS), {"own": str(os.getpid())}).scalar_one())

    def longest_collection(self) -> float:
        """For how many seconds the garbage collector has stopped a process at most."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        found = PAUSE.search(requests.get(f"{self.server.url}/metrics", headers=headers, timeout=30).text)
        assert found is not None, "the program does not tell its pauses"
        return float(found[1])

    def broadcast(self, words: str) -> None:
        """An alert to everybody."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        reply = requests.post(f"{self.server.url}/api/alert", json={"message": words}, headers=headers, timeout=30)
        reply.raise_for_status()


@contextlib.contextmanager
def fleet(teams: int = TEAMS, more: Mapping[str, str] | None = None) -> Iterator[Fleet]:
    """A fleet for the length of a ``with``, with ``more`` settings of the environment."""
    with (
        postgres_cluster() as cluster,
        PostgresShelf(lambda: cluster).fresh() as url,
        redis_server() as redis,
        node(url, {**SETTINGS, "REDIS_URL": redis.url, **(more or {})}) as server,
    ):
        place = Ground(url, server, 1)
        ground.settle_teams(place)
        add_teams(place, teams)
        yield Fleet(place, server, players(place, server))


def add_teams(place: Ground, count: int) -> None:
    """More teams, at their beginning."""
    now = place.ports.clock.now()
    rows = [ground._team(ground.TEAMS + number, now) for number in range(count)]
    with place.ports.database.writing() as connection:
        connection.execute(Team.__table__.insert(), rows)


def players(place: Ground, server: Node) -> list[Player]:
    """A browser for each team; one page tells each its token."""
    found = []
    # The ground's own teams have solved what the load is to guess at.
    for number in place.team_ids()[ground.TEAMS :]:
        reply = requests.get(f"{server.url}/game", headers={"Cookie": place.cookie(number)}, timeout=30)
        token = re.search(r'name="csrf-token" content="([^"]+)"', reply.text)
        assert token is not None, reply.status_code
        found.append(Player(f"session={reply.cookies['session']}", token[1]))
    return found
