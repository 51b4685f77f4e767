"""Fresh, migrated, empty databases: one template per kind, made by the real migrations, copied for every test."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bed.environment import ROOT, environment
from tests.bed.postgres import Cluster

TEMPLATE = "template_infinity"


class MigrationFailed(AssertionError):
    """``flask db upgrade`` did not end well on an empty database."""


def migrate(database_url: str) -> None:
    """Bring a database up to date by the command an operator would use, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(database_url), capture_output=True, text=True, timeout=110, check=False
    )
    if done.returncode != 0:
        raise MigrationFailed(f"{done.stdout}\n{done.stderr}")


class SqliteShelf:
    """Hands out SQLite files, each a copy of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of an empty, migrated database for the length of a ``with``."""
        if not self._template.exists():
            making = self._folder / "making.db"
            migrate(f"sqlite:///{making}")
            making.rename(self._template)
        path = self._folder / f"test{next(self._numbers)}.db"
        shutil.copyfile(self._template, path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for leftover in self._folder.glob(f"{path.name}*"):
                leftover.unlink()


class PostgresShelf:
    """Hands out PostgreSQL databases, each a copy of one migrated database."""

    def __init__(self, cluster: Callable[[], Cluster]) -> None:
        self._cluster = cluster
        self._has_template = False
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of an empty, migrated database for the length of a ``with``."""
        cluster = self._cluster()
        if not self._has_template:
            cluster.drop(TEMPLATE)
            migrate(cluster.create(TEMPLATE))
            self._has_template = True
        name = f"test{next(self._numbers)}"
        try:
            yield cluster.create(name, TEMPLATE)
        finally:
            cluster.drop(name)
