"""Compare kept pages with pages made for it while a hunt is played at random on two nodes of one database.

`python -m tools.random_play --minutes 60 --seed 7 [--database postgresql]` ends with exit code 1 at the first page that
is wrong, and prints the seed and how many pages were compared.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app import create_app
from config import Config
from tests.support.clock import FixedClock
from tests.support.databases import PostgresShelf, SqliteShelf
from tests.support.environment import settings
from tests.support.postgres import postgres_cluster
from tests.support.random_play import PageWrong, Play


def main() -> int:
    """Play until the time is over."""
    parser = argparse.ArgumentParser(prog="python -m tools.random_play", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="infinity-play-"))
    with _database(wanted.database, folder) as url:
        clock = FixedClock()
        nodes = [create_app(Config.from_env(settings(url)), clock=clock) for _ in range(2)]
        play, ends_at = Play(nodes, clock, folder, wanted.seed), time.monotonic() + 60 * wanted.minutes
        wrong = ""
        try:
            while time.monotonic() < ends_at:
                play.step()
        except PageWrong as problem:
            wrong = str(problem)
        print(f"seed {wanted.seed}, {wanted.database}: {play.summary()}")
        print(wrong or "No page was wrong.")
    return 1 if wrong else 0


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        with SqliteShelf(folder).fresh() as url:
            yield url
        return
    with postgres_cluster() as cluster, PostgresShelf(lambda: cluster).fresh() as url:
        yield url


if __name__ == "__main__":
    sys.exit(main())
