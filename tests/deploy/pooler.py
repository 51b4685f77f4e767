"""The PgBouncer of deploy/pgbouncer, started by its own start.sh before a test's PostgreSQL."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg2

from tests.support import processes
from tests.support.environment import ROOT
from tests.support.postgres import Cluster, private_folder, server_account

PGBOUNCER = ROOT / "deploy" / "pgbouncer"
ACCOUNT, PASSWORD = "infinity", 'it\'s "quoted"'


class Pooler:
    """PgBouncer on a free port, which can be taken away and brought back."""

    def __init__(self, cluster: Cluster, database: str, folder: Path, more: Mapping[str, str] | None = None) -> None:
        self.port = processes.free_port()
        self._database = database
        self._folder = folder
        # The account that PgBouncer runs as need not be able to read the project's folder.
        shutil.copytree(PGBOUNCER, folder / "deploy")
        shutil.chown(folder / "deploy", server_account() or None)
        self._env = {
            "PATH": processes.SYSTEM_PATH,
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(cluster.port),
            "DATABASE_NAME": database,
            "DATABASE_ACCOUNT": ACCOUNT,
            "DATABASE_PASSWORD": PASSWORD,
            "LISTEN_ADDRESS": "127.0.0.1",
            "LISTEN_PORT": str(self.port),
            "FOLDER": str(folder),
            **(more or {}),
        }

    @property
    def url(self) -> str:
        """What an operator would write into DATABASE_URL."""
        from urllib.parse import quote

        return f"postgresql://{ACCOUNT}:{quote(PASSWORD)}@127.0.0.1:{self.port}/{self._database}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        log = self._folder / "pgbouncer.log"
        command = ["sh", self._folder / "deploy" / "start.sh"]
        self.process = processes.start(command, log, env=self._env, cwd=self._folder, os_user=server_account())
        processes.wait_until(lambda: processes.accepts(self.port), self.process, log)

    def restart(self) -> None:
        """End it at once, with whoever is connected, and start it again on its port."""
        self.process.terminate()
        self.process.wait(60)
        self.start()

    def show(self, what: str) -> list[dict[str, object]]:
        """A table of PgBouncer's own console, such as ``pools``."""
        connection = psycopg2.connect(self.url.rsplit("/", 1)[0] + "/pgbouncer")
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW {what}")
                names = [column.name for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            connection.close()


def prepare_account(cluster: Cluster) -> None:
    """The account of the program, as docs/deploy.md has it made."""
    if not cluster.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{ACCOUNT}'"):
        quoted = PASSWORD.replace("'", "''")
        cluster.run(f"CREATE ROLE {ACCOUNT} LOGIN PASSWORD '{quoted}' IN ROLE pg_monitor, pg_read_all_data")
        cluster.run(f"GRANT pg_write_all_data TO {ACCOUNT}")


@contextlib.contextmanager
def pooler(cluster: Cluster, database: str) -> Iterator[Pooler]:
    """A running PgBouncer before this database for the length of a ``with``."""
    folder = private_folder()
    prepare_account(cluster)
    one = Pooler(cluster, database, folder)
    try:
        one.start()
        yield one
    finally:
        processes.stop(one.process)
        shutil.rmtree(folder, ignore_errors=True)
