"""What is wrong with a PostgreSQL server, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.database.engine import IDLE_TRANSACTION_TIMEOUT_MS, LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS
from app.database.server_facts import ConnectionRefused, ServerFacts

OLDEST_VERSION = 130_000
# Idle connections that end sooner than this are made again and again.
SHORTEST_IDLE_SESSION_MS = 60_000
# Where i and I are two letters and not one in two sizes.
OTHER_CASES = ("tr", "az", "lt")
OWN_LIMITS = {
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "lock_timeout": LOCK_TIMEOUT_MS,
    "idle_in_transaction_session_timeout": IDLE_TRANSACTION_TIMEOUT_MS,
}
TLS_REMEDY = "sslmode=verify-full with sslrootcert=FILE in the address checks against the authority of that file"


@dataclass(frozen=True, slots=True)
class ServerFault:
    """``is_fatal``: the program does not start."""

    what: str
    remedy: str
    is_fatal: bool = False

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"


@dataclass(frozen=True, slots=True)
class Needs:
    """``is_direct``: DATABASE_DIRECT_URL is set."""

    processes: int = 1
    pool_size: int = 5
    is_direct: bool = False


def faults(usual: ServerFacts, direct: ServerFacts, needs: Needs) -> list[ServerFault]:
    """``usual``: by DATABASE_URL; ``direct``: by DATABASE_DIRECT_URL, if set."""
    return [
        *_of_server(usual),
        *_of_text(usual),
        *_of_rights(usual, direct),
        *_of_pooler(usual, direct, needs),
        *_of_limits(direct if usual.is_pooled else usual, needs, is_pooled=usual.is_pooled),
        *_of_times(usual),
        *_of_encryption(usual),
    ]


def _of_server(facts: ServerFacts) -> Iterator[ServerFault]:
    if facts.version < OLDEST_VERSION:
        yield ServerFault(
            f"The database is PostgreSQL {release(facts.version)}, and this program needs {release(OLDEST_VERSION)} or"
            " newer.",
            "Upgrade the server, or take another one.",
            is_fatal=True,
        )
    if facts.is_replica:
        yield ServerFault(
            "The database is a read-only copy of another one (a replica), so nothing can be stored.",
            "Let DATABASE_URL name the primary: the address for writing, not the one for reading.",
            is_fatal=True,
        )
    elif facts.is_read_only:
        yield ServerFault(
            "The database takes no writes: default_transaction_read_only is on.",
            "ALTER ROLE … RESET default_transaction_read_only, or the same for the database; a full disk of a managed"
            " server does this too.",
            is_fatal=True,
        )


def release(version: int) -> str:
    """150018 is 15.18."""
    return f"{version // 10_000}.{version % 10_000}" if version % 10_000 else str(version // 10_000)


def _of_text(facts: ServerFacts) -> Iterator[ServerFault]:
    if facts.encoding != "UTF8":
        yield ServerFault(
            f"The database stores text as {facts.encoding}, in which names and guesses in other scripts have no place.",
            "Make it again: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
            is_fatal=True,
        )
    if facts.locale.lower().split("_")[0].split("-")[0] in OTHER_CASES:
        yield ServerFault(
            f"The database's locale is {facts.locale}, where I and i are different letters, so addresses of mail that"
            " differ only in case are taken for two.",
            "Make the database with LOCALE 'C.UTF-8' or another language.",
        )
    if facts.collation_version and facts.actual_collation and facts.collation_version != facts.actual_collation:
        yield ServerFault(
            f"The server sorts by version {facts.actual_collation} of its rules, the database was made with"
            f" {facts.collation_version}: indexes may be out of order.",
            "REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION.",
        )


def _of_rights(usual: ServerFacts, direct: ServerFacts) -> Iterator[ServerFault]:
    if usual.closed_tables:
        yield ServerFault(
            f"The database account may not read and change {_some(usual.closed_tables)}.",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA … TO …, or let that account own them.",
            is_fatal=True,
        )
    if direct.schema is None or not direct.may_create:
        yield ServerFault(
            f"The database account may not make tables in the schema {direct.schema or 'of its search_path'}"
            f"{'' if direct.has_tables else ', and there are none yet'}; since PostgreSQL 15 only the owner may.",
            "ALTER DATABASE … OWNER TO …, or GRANT CREATE, USAGE ON SCHEMA … TO …"
            + (": the next release with a migration will not start." if direct.has_tables else "."),
            is_fatal=not direct.has_tables,
        )
    if direct.foreign_tables:
        yield ServerFault(
            f"Another account owns {_some(direct.foreign_tables)}, so the next migration that changes them will fail.",
            "ALTER TABLE … OWNER TO …, or REASSIGN OWNED BY … TO …",
        )


def _some(tables: list[str]) -> str:
    shown = ", ".join(tables[:3])
    return shown if len(tables) <= 3 else f"{shown} and {len(tables) - 3} more tables"


def _of_pooler(usual: ServerFacts, direct: ServerFacts, needs: Needs) -> Iterator[ServerFault]:
    if not usual.has_transactions:
        yield ServerFault(
            "The pooler in front of the database pools statements, so there are no transactions.",
            "pool_mode = transaction (or session) in pgbouncer.ini.",
            is_fatal=True,
        )
    if usual.is_pooled and not needs.is_direct:
        yield ServerFault(
            "There is a pooler in front of the database, and nobody has said so: statements would be prepared on"
            " connections that others use next.",
            "Set DATABASE_DIRECT_URL to the way around it.",
        )
    if needs.is_direct and direct.is_pooled:
        yield ServerFault(
            "DATABASE_DIRECT_URL leads through a pooler too, and migrations need a connection to themselves.",
            "Let it name the server itself.",
        )
    if (usual.database_id, usual.started_at) != (direct.database_id, direct.started_at):
        yield ServerFault(
            "DATABASE_URL and DATABASE_DIRECT_URL lead to two databases: what is migrated would not be what is used.",
            "Let both name the same database.",
            is_fatal=True,
        )


def _of_limits(facts: ServerFacts, needs: Needs, *, is_pooled: bool) -> Iterator[ServerFault]:
    held = 0 if is_pooled else needs.processes * needs.pool_size
    wanted = held + 1
    limits = {
        "max_connections": facts.server_limit,
        "the account's CONNECTION LIMIT": facts.role_limit,
        "the database's CONNECTION LIMIT": facts.database_limit,
    }
    for name, limit in limits.items():
        # Of a superuser the server counts nothing but max_connections.
        if limit < 0 or limit >= wanted or (facts.is_superuser and name != "max_connections"):
            continue
        yield ServerFault(
            f"This node alone may open {wanted} connections, WEB_PROCESSES times DB_POOL_SIZE and one to migrate, and"
            f" {name} leaves {limit}.",
            "Raise it, lower DB_POOL_SIZE or WEB_PROCESSES, or put PgBouncer in between; deploy/budget.py does the sum"
            " for all nodes.",
        )


def _of_times(facts: ServerFacts) -> Iterator[ServerFault]:
    wrong = [name for name, limit in OWN_LIMITS.items() if facts.times_ms.get(name, limit) != limit]
    if wrong:
        said = ", ".join(f"{name} is {facts.times_ms[name]} ms and not {OWN_LIMITS[name]}" for name in wrong)
        yield ServerFault(
            f"The program's time limits do not reach the server: {said}.",
            "A pooler drops them: set them there, as connect_query in deploy/pgbouncer/start.sh does.",
        )
    idle = facts.times_ms.get("idle_session_timeout", 0)
    if 0 < idle < SHORTEST_IDLE_SESSION_MS:
        yield ServerFault(
            f"The server ends connections that have been idle for {idle} ms, so new ones are opened all the time.",
            "ALTER ROLE … SET idle_session_timeout = 0.",
        )
    whole = facts.times_ms.get("transaction_timeout", 0)
    if 0 < whole < STATEMENT_TIMEOUT_MS:
        yield ServerFault(
            f"The server ends transactions after {whole} ms, sooner than one statement may take.",
            "ALTER ROLE … SET transaction_timeout = 0.",
        )


def _of_encryption(facts: ServerFacts) -> Iterator[ServerFault]:
    if facts.is_near or (facts.is_encrypted and facts.is_verified):
        return
    lack = "nobody checks whose certificate it is" if facts.is_encrypted else "it is not encrypted"
    yield ServerFault(
        f"The way to the database leads out of this network, and {lack}: anybody on it may read and change everything.",
        f"{TLS_REMEDY}.",
    )


_POOLER_REMEDY = "Its log says why. It reads its file of authorities when it starts: restart it after a change."
# What driver or server say, what it means, what to do; the first that fits.
_REFUSALS = (
    ("does not match host name", "The server's certificate is for another host than the address names.",
     "Let the address name the host as in the certificate; sslmode=verify-ca checks the authority alone."),
    ("root certificate file", "The file of authorities to check the server's certificate against cannot be read.",
     "sslrootcert=FILE in the address names it; sslrootcert=system takes the system's own."),
    ("certificate verify failed", "The server's certificate is not trusted.", f"{TLS_REMEDY}."),
    ("does not support SSL", "The server does not speak TLS, and sslmode in the address demands it.",
     "Turn ssl on at the server; or sslmode=disable, in a private network alone."),
    ("no encryption", "The server takes encrypted connections alone, or none from this address.",
     "sslmode=verify-full in the address, and this machine's address among those that the server lets in."),
    ("SSL off", "The server takes encrypted connections alone, or none from this address.",
     "sslmode=verify-full in the address, and this machine's address among those that the server lets in."),
    ("no pg_hba.conf entry", "The server lets nobody in from this address, or not this account.",
     "Let it in at the server: pg_hba.conf, or the managed server's list of networks."),
    ("unsupported startup parameter", "The pooler refuses what the program asks for while it connects.",
     "ignore_startup_parameters = extra_float_digits,options in pgbouncer.ini."),
    ("password authentication failed", "The server does not take this name with this password.",
     "The address holds both; signs in the password such as / @ # are written as %2F %40 %23."),
    ("does not exist", "The server has no such database or account.", "Make it, or mend the address."),
    ("too many", "All connections of the server are taken.", "deploy/budget.py says how many it needs."),
    ("remaining connection slots", "All connections of the server are taken.",
     "deploy/budget.py says how many it needs."),
    ("translate host name", "There is no host of that name.", "Mend the address, or the name server."),
    ("refused", "Nobody listens there.", "Start the server, or mend host and port of the address."),
    ("query_wait_timeout", "The pooler does not reach the server.", _POOLER_REMEDY),
    ("server_login_retry", "The pooler does not reach the server.", _POOLER_REMEDY),
    ("timeout expired", "The server does not answer.", "A firewall may be in between, or the wrong address."),
)  # fmt: skip
# These do not heal while somebody waits.
_LASTING = ("certificate", "SSL", "encryption", "startup parameter")


def refusal(refused: ConnectionRefused, name: str) -> ServerFault:
    """``name``: the setting. Fatal if waiting will not help."""
    text = refused.text
    for sign, what, remedy in _REFUSALS:
        if sign in text:
            detail = f" ({refused.certificate})" if refused.certificate else ""
            return ServerFault(
                f"{name}: {what.removesuffix('.')}{detail}.", remedy, is_fatal=any(part in text for part in _LASTING)
            )
    return ServerFault(f"{name}: The database does not answer.", "The address says where it is looked for.")
