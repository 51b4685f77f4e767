"""What the nodes of a fleet share, through the database they have anyway: one slot for updates, and refused versions.

Spoken by ``psql`` on a direct connection, never through a pooler: the slot is a session's advisory lock, and is free
again the moment its holder's connection ends, however that came about. The password goes by the environment, not by
the command line, where every account of the machine could read it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import IO, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

if __package__:
    from deploy.agent.machine import StepFailed
else:  # installed: the files lie side by side
    from machine import StepFailed

# The same number on every node; the letters are "infinity".
SLOT = int.from_bytes(b"infinity", "big") >> 1
_END = "-- end of answer --"
_TABLE = """
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS deploy_refusals (
  version text PRIMARY KEY, node text NOT NULL, why text NOT NULL, refused_at timestamptz NOT NULL DEFAULT now())
"""


class SlotTaken(Exception):
    """Another node is updating."""


class Fleet(Protocol):
    """The fleet as one agent sees it."""

    def slot(self) -> contextlib.AbstractContextManager[None]:
        """Hold the fleet's only slot. Raises :class:`SlotTaken`."""

    def refuses(self, version: str) -> bool:
        """Whether ``version`` has failed on some node."""

    def refuse(self, version: str, node: str, why: str) -> None:
        """Have the whole fleet refuse ``version`` from now on."""


class Lonely:
    """One node on a database file: nobody to wait for. What it refuses it remembers by itself, in ``refused``."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """Always free."""
        yield

    def refuses(self, version: str) -> bool:
        """Whether this run has seen it fail."""
        return version in self.refused

    def refuse(self, version: str, node: str, why: str) -> None:
        """Remember."""
        self.refused.add(version)


class Postgres:
    """A fleet on one PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._environ = {**os.environ, **connection_environ(url)}

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """See :meth:`Fleet.slot`; held by a connection of its own."""
        with self._session() as session:
            if session.ask(f"SELECT pg_try_advisory_lock({SLOT})") != ["t"]:
                raise SlotTaken
            yield

    def refuses(self, version: str) -> bool:
        """See :meth:`Fleet.refuses`."""
        with self._session() as session:
            session.ask(_TABLE)
            return session.ask(f"SELECT 1 FROM deploy_refusals WHERE version = {literal(version)}") == ["1"]

    def refuse(self, version: str, node: str, why: str) -> None:
        """See :meth:`Fleet.refuse`; whoever was first stays on record."""
        with self._session() as session:
            session.ask(_TABLE)
            values = ", ".join(map(literal, (version, node, why)))
            session.ask(f"INSERT INTO deploy_refusals (version, node, why) VALUES ({values}) ON CONFLICT DO NOTHING")

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session]:
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        try:
            process = subprocess.Popen(
                command,
                env=self._environ,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except FileNotFoundError:
            raise StepFailed("psql is not on this machine") from None
        with process:
            try:
                yield Session(process)
            finally:
                # Ends the connection, and with it whatever it holds.
                process.kill()


class Session:
    """One connection, by way of a running psql."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, statement: str) -> list[str]:
        """The lines of the answer. Raises :class:`StepFailed` with what the database said."""
        lines: list[str] = []
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(f"{statement};\n\\echo '{_END}'\n")
            self._stdin.flush()
        for line in self._stdout:
            if line.rstrip("\n") == _END:
                return lines
            lines.append(line.rstrip("\n"))
        said = self._process.stderr.read() if self._process.stderr else ""
        raise StepFailed(f"the fleet's database: {said.strip()[-400:] or 'the connection ended'}")

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout


def fleet_of(settings: Mapping[str, str]) -> Fleet:
    """The fleet that the program's settings describe; DATABASE_DIRECT_URL goes around a pooler."""
    url = settings.get("DATABASE_DIRECT_URL") or settings.get("DATABASE_URL", "")
    return Postgres(url) if url.startswith("postgres") else Lonely()


def connection_environ(url: str) -> dict[str, str]:
    """libpq's environment for ``postgresql://name:password@host:port/database?sslmode=…``."""
    parts = urlsplit(url)
    more = dict(parse_qsl(parts.query))
    said = {
        "PGHOST": more.get("host") or parts.hostname or "",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGSSLMODE": more.get("sslmode", ""),
        "PGSSLROOTCERT": more.get("sslrootcert", ""),
        "PGCONNECT_TIMEOUT": "5",
        "PGAPPNAME": "infinity-agent",
    }
    return {name: value for name, value in said.items() if value}


def literal(text: str) -> str:
    """``text`` as SQL writes it; psql's own variables and backslash commands have no power inside the quotes."""
    cleaned = text.replace("\0", "").replace("\n", " ")
    return "E'" + cleaned.replace("\\", "\\\\").replace("'", "''") + "'"
