#!/usr/bin/env python3
"""The budget of database connections: will a fleet of this size fit into what PostgreSQL allows?

Without a pooler every process of every node holds up to DB_POOL_SIZE connections. Behind PgBouncer the nodes together
hold as many as it allows, and only what goes around it comes on top. During a rolling update there is one node more.
Run it with your numbers; it ends with code 1 when they do not fit. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import configparser
import sys
from dataclasses import dataclass
from pathlib import Path

PGBOUNCER_INI = Path(__file__).resolve().parent / "pgbouncer" / "pgbouncer.ini"
# PostgreSQL keeps 3 for its administrators; the rest is for you at a console on the worst evening of the year.
RESERVED = 10
# What one node holds around the pooler: a migration while it starts.
DIRECT_OF_A_STARTING_NODE = 1
# Commands and backups of the organisers, a console, monitoring.
DIRECT_OF_ORGANISERS = 5


@dataclass(frozen=True)
class Fleet:
    """What decides how many connections there can be. ``spare``: nodes more than usual while a release rolls out."""

    nodes: int = 3
    processes: int = 1
    pool: int = 5
    spare: int = 1
    limit: int = 100
    pooled: int = 0

    @property
    def asked_for(self) -> int:
        """Connections that the processes may hold, to PostgreSQL or to the pooler."""
        return (self.nodes + self.spare) * self.processes * self.pool

    @property
    def direct(self) -> int:
        """Connections that go around the pooler."""
        return (self.nodes + self.spare) * DIRECT_OF_A_STARTING_NODE + DIRECT_OF_ORGANISERS

    @property
    def most(self) -> int:
        """How many connections PostgreSQL may see at the worst moment."""
        held = min(self.asked_for, self.pooled) if self.pooled else self.asked_for
        return held + self.direct

    @property
    def room(self) -> int:
        """What is left of the limit; below 0 the fleet does not fit."""
        return self.limit - RESERVED - self.most


def pooled_connections(file: Path = PGBOUNCER_INI) -> dict[str, int]:
    """What PgBouncer's settings allow: ``max_db_connections`` to PostgreSQL, ``max_client_conn`` from the nodes."""
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.read(file)
    return {name: int(parser["pgbouncer"][name]) for name in ("max_db_connections", "max_client_conn")}


def report(fleet: Fleet, most_clients: int) -> list[str]:
    """The sum, a line each."""
    nodes = f"({fleet.nodes} + {fleet.spare}) nodes"
    lines = [f"{nodes} x {fleet.processes} processes x {fleet.pool} connections".ljust(56) + f"{fleet.asked_for:5}"]
    if fleet.pooled:
        lines.append("of these at once to PostgreSQL, through PgBouncer".ljust(56) + f"{fleet.most - fleet.direct:5}")
    lines.append("around it: migrations, commands, backups, a console".ljust(56) + f"{fleet.direct:5}")
    lines.append("at most".ljust(56) + f"{fleet.most:5}")
    lines.append(f"allowed: {fleet.limit} less {RESERVED} kept free".ljust(56) + f"{fleet.limit - RESERVED:5}")
    verdict = (
        f"It fits, with {fleet.room} to spare." if fleet.room >= 0 else f"It does not fit: {-fleet.room} too many."
    )
    if fleet.pooled and fleet.asked_for > most_clients:
        verdict = f"PgBouncer takes {most_clients} connections (max_client_conn), and {fleet.asked_for} are asked for."
    return [*lines, verdict]


def main() -> int:
    """Read the numbers, print the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1, help="WEB_PROCESSES of each node")
    parser.add_argument("--pool", type=int, default=5, help="DB_POOL_SIZE of each process")
    parser.add_argument("--spare", type=int, default=1, help="nodes more than usual during a rolling update")
    parser.add_argument("--limit", type=int, default=100, help="max_connections of PostgreSQL")
    parser.add_argument("--direct", action="store_true", help="there is no PgBouncer in between")
    wanted = parser.parse_args()
    allowed = pooled_connections()
    pooled = 0 if wanted.direct else allowed["max_db_connections"]
    fleet = Fleet(wanted.nodes, wanted.processes, wanted.pool, wanted.spare, wanted.limit, pooled)
    print("\n".join(report(fleet, allowed["max_client_conn"])))
    return int(fleet.room < 0 or bool(pooled and fleet.asked_for > allowed["max_client_conn"]))


if __name__ == "__main__":
    sys.exit(main())
