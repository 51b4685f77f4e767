"""A real PostgreSQL of our own, from the system's packages, on a free port in a temporary folder.

One cluster per test process: workers share nothing and need no lock. Each test gets a database copied from a template
(about 40 ms); see :mod:`tests.support.databases`.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from tests.support import processes

# fsync off: a test cluster need not survive a power cut. The rest is what a hunt's own database would have.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


@dataclass
class Cluster:
    """A PostgreSQL server that can be taken away and brought back. ``folder`` holds its files, log and Unix socket."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    network: str = ""

    def start(self) -> None:
        """Start, and wait until it answers."""
        log = self.folder / "postgres.log"
        settings = {**SETTINGS, "listen_addresses": "*"} if self.network else SETTINGS
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [program("postgres"), "-D", self.folder / "tables", "-p", str(self.port), "-k", self.folder, *options]
        # SIGINT is PostgreSQL's fast stop: connections are cut, files are left in order.
        process = processes.start(command, log, os_user=server_account(), cwd=self.folder, at_our_death=signal.SIGINT)
        self.process = process
        processes.wait_until(lambda: _answers(self), process, log)

    def stop(self) -> None:
        """Stop, if it runs; whoever is connected is cut off."""
        process, self.process = self.process, None
        if process is not None:
            processes.stop(process, with_signal=signal.SIGINT)

    def url(self, database: str = "postgres") -> str:
        """What an operator would write into DATABASE_URL."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def run(
        self, statement: str, database: str = "postgres", values: tuple[object, ...] | None = None
    ) -> list[tuple[object, ...]]:
        """Run one statement outside any transaction, as the cluster's owner."""
        connection = psycopg2.connect(self.url(database))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def create(self, name: str, template: str = "template0") -> str:
        """A new database, and its URL. ``template`` must have no connections."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def postgres_cluster(network: str = "") -> Iterator[Cluster]:
    """A new cluster for the length of a ``with``; for this machine alone, or for everybody in ``network`` too."""
    folder = private_folder()
    try:
        yield from _serve(folder, network)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: Path, network: str) -> Iterator[Cluster]:
    _initialise(folder / "tables")
    if network:
        with (folder / "tables" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
    cluster = Cluster(processes.free_port(), folder, network=network)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _initialise(tables: Path) -> None:
    log = tables.parent / "initdb.log"
    command = [
        program("initdb"),
        "-D",
        tables,
        "-U",
        "postgres",
        "--auth=trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    process = processes.start(command, log, os_user=server_account(), cwd=tables.parent)
    if process.wait(60) != 0:
        raise processes.ServerDidNotStart(f"initdb failed:\n{processes.tail(log)}")


def _answers(cluster: Cluster) -> bool:
    try:
        return cluster.run("SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def program(name: str) -> Path:
    """Where the newest installed PostgreSQL keeps ``name``; Debian leaves its servers out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: _version(path.parts[-3]))
    if found:
        return found[-1]
    on_path = shutil.which(name, path=processes.SYSTEM_PATH)
    if on_path is None:
        raise processes.ServerDidNotStart(f"{name} is not installed; `make test` installs it, or says how")
    return Path(on_path)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def server_account() -> str | None:
    """The account to serve as: PostgreSQL refuses root, for which Debian's package brings ``postgres``."""
    return "postgres" if os.geteuid() == 0 else None


def private_folder() -> Path:
    """A new folder, its path short (Unix sockets allow 107 bytes) and reachable for the server's account."""
    usual = Path(tempfile.gettempdir())
    is_open_to_all = all(place.stat().st_mode & 0o001 for place in (usual, *usual.parents))
    parent = usual if is_open_to_all and len(str(usual)) < 60 else Path("/tmp")
    folder = Path(tempfile.mkdtemp(prefix="infinity-pg-", dir=parent))
    account = server_account() or getpass.getuser()
    shutil.chown(folder, account)
    return folder
