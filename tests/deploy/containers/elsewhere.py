"""A PostgreSQL that is none of the site's services, as a provider runs it: its own account, TLS and nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.deploy.containers.engine import Engine
from tests.deploy.containers.images import official_names
from tests.deploy.gateway import eventually

MASTER, NAME, VOLUME = "master", "elsewhere", "elsewhere"
# The key's file must be the server's own.
BEGIN = (
    "install --owner=postgres --mode=600 /tls/server.key /tmp/server.key && exec sh /usr/local/bin/docker-entrypoint.sh"
    " postgres -c max_connections=100 -c ssl=on -c ssl_cert_file=/tls/server.crt -c ssl_key_file=/tmp/server.key"
)


class Elsewhere:
    """``where`` says how it is reached: options of ``docker run``; ``tls`` has its certificate and key."""

    def __init__(self, engine: Engine, tls: Path, *where: str) -> None:
        self._engine, self._tls, self._where = engine, tls, where

    def start(self) -> None:
        """Start it, on the files that are there or new ones, and wait until it answers."""
        given = [f"--env=POSTGRES_USER={MASTER}", "--env=POSTGRES_PASSWORD=master", "--env=POSTGRES_DB=postgres"]
        place = [f"--volume={self._tls}:/tls:ro", f"--volume={VOLUME}:/var/lib/postgresql/data"]
        image = official_names()["postgres"]
        begin = ["run", "--detach", f"--name={NAME}", *self._where, *given, *place, "--entrypoint=sh", image]
        self._engine.docker(*begin, "-c", BEGIN)
        eventually(self._answers, 60, "the server", 0.2)
        # As rds.force_ssl=1 does.
        self._engine.docker(
            "exec", NAME, "sh", "-c", 'sed -i "s/^host all all all/hostssl all all all/" $PGDATA/pg_hba.conf'
        )
        self.ask("SELECT pg_reload_conf()", "postgres")

    def _answers(self) -> bool:
        return self._engine.run("exec", NAME, "pg_isready", "--quiet", "--host=127.0.0.1").returncode == 0

    def end(self) -> None:
        """As a machine that fails: its files stay."""
        self._engine.docker("rm", "--force", NAME)

    def ask(self, statement: str, database: str = "infinity") -> str:
        """What the master's account is answered."""
        words = ["exec", NAME, "psql", "--username", MASTER, "-v", "ON_ERROR_STOP=1", "-Atc", statement, database]
        return self._engine.docker(*words)

    def address(self) -> str:
        """Where it is in the network of the site."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return self._engine.docker("inspect", "--format", form, NAME)

    def prepare(self, statements: str, password: str) -> None:
        """Account and database as the guide has them made."""
        for statement in statements.replace("…", password).split(";"):
            if statement.strip():
                self.ask(statement, "postgres")
