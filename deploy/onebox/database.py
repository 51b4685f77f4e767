"""PostgreSQL and Redis on this machine: the account, the database, and whether they answer."""

from __future__ import annotations

import json
import secrets
import socket
from urllib.parse import urlsplit

from deploy.agent.fleet import connection_environ
from deploy.onebox import machine
from deploy.onebox.machine import StepFailed

NAME = "infinity"
REDIS_URL = "redis://127.0.0.1:6379/0"
# Left unset, each machine's locale would decide how names are ordered.
_MAKE = (
    f"CREATE DATABASE {NAME} OWNER {NAME} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
)


def port() -> int:
    """The port of this machine's newest cluster, started if need be. Raises :class:`StepFailed`."""
    rows = [line.split() for line in machine.run("pg_lsclusters", "--no-header").splitlines()]
    if not rows:
        raise StepFailed("PostgreSQL is installed and has no cluster: pg_createcluster 15 main --start makes one")
    version, name, number, state = rows[-1][:4]
    if not state.startswith("online"):
        machine.systemctl("start", f"postgresql@{version}-{name}.service")
    return int(number)


def new_url() -> str:
    """Where the database will be, with a new password."""
    return f"postgresql://{NAME}:{secrets.token_hex(24)}@127.0.0.1:{port()}/{NAME}"


def is_own(url: str) -> bool:
    """Whether this leads to the database that ``up`` makes, and not to one that somebody else looks after."""
    parts = urlsplit(url)
    return (parts.hostname, parts.username, parts.path) == ("127.0.0.1", NAME, f"/{NAME}")


def make(url: str) -> bool:
    """Account and database for this address; answers whether anything was missing. Raises :class:`StepFailed`."""
    if answers(url):
        return False
    parts = urlsplit(url)
    if not _ask(f"SELECT 1 FROM pg_roles WHERE rolname = '{NAME}'", parts.port or 5432):
        _ask(f"CREATE ROLE {NAME} LOGIN", parts.port or 5432)
    _ask(f"ALTER ROLE {NAME} PASSWORD '{parts.password}'", parts.port or 5432)
    if not _ask(f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'", parts.port or 5432):
        _ask(_MAKE, parts.port or 5432)
    return True


def _ask(statement: str, number: int) -> str:
    """One statement as PostgreSQL's administrator; it is read from standard input, since it may hold a password."""
    words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--", "psql", "-XAtq"]
    return machine.run(*words, "-v", "ON_ERROR_STOP=1", "-p", str(number), text=f"{statement};\n").strip()


def ask(url: str, statement: str) -> str:
    """One question to the hunt's database. Raises :class:`StepFailed`."""
    env = {**connection_environ(url), "PGCONNECT_TIMEOUT": "3", "PGAPPNAME": "infinity"}
    return machine.run("psql", "-XAtqw", text=f"{statement};\n", env=env).strip()


def answers(url: str) -> bool:
    """Whether the hunt's database lets the program in."""
    try:
        return ask(url, "SELECT 1") == "1"
    except StepFailed:
        return False


def figures(url: str) -> dict[str, object]:
    """Version, bytes, and connections of which how many are allowed. Raises :class:`StepFailed`."""
    said = ask(
        url,
        "SELECT json_build_object('version', current_setting('server_version'),"
        " 'bytes', pg_database_size(current_database()),"
        " 'connections', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
        " 'limit', current_setting('max_connections')::int)",
    )
    return dict(json.loads(said))


def redis_answers(url: str = REDIS_URL) -> bool:
    """Whether Redis says that it is there."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=3) as line:
            line.sendall(b"PING\r\n")
            # One that wants a password says so, which the program will find out by its own.
            return line.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False
