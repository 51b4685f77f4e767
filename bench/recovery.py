"""How long after its database a site is back: PostgreSQL stops, starts, and answers; from then to the first good page.

Through gateway and pooler, as visitors have it. A visitor asks again every twentieth of a second.
"""

from __future__ import annotations

import time

import requests

from bench.tables import Table, quiet_row
from tests.deploy.fleet import Fleet, fleet
from tests.deploy.gateway import eventually

TURNS = 5
MOST_SECONDS = 2.0
# Long enough for everybody to have noticed, and to have begun to ask less often.
AWAY_SECONDS = 6.0
PAUSE_SECONDS = 0.05


def measure(turns: int = TURNS) -> Table:
    with fleet(2) as site:
        seconds = [_away_and_back(site) for _ in range(turns)]
    return Table("A database that was away", (quiet_row("the site is back after", seconds, "s", MOST_SECONDS),))


def _away_and_back(site: Fleet) -> float:
    eventually(lambda: _status(site) == 200, 60, "the site")
    site.cluster.stop()
    eventually(lambda: _status(site) == 503, 60, "somebody to notice", PAUSE_SECONDS)
    time.sleep(AWAY_SECONDS)
    # Returns as soon as PostgreSQL answers.
    site.cluster.start()
    return eventually(lambda: _status(site) == 200, 60, "the site", PAUSE_SECONDS)


def _status(site: Fleet) -> int:
    return requests.get(f"{site.gate.url}/leaderboard", timeout=30).status_code
