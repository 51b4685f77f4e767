"""What a PostgreSQL server says about itself."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import struct
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg2

from app.database.engine import connect_arguments

_DRIVER = re.compile(r"^postgresql\+psycopg2:")
_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_PROBE_SECONDS = 5.0
_DOES_VERIFY = ("verify-ca", "verify-full")
_TIMES = (
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "transaction_timeout",
)
_FACTS = """
SELECT current_setting('server_version_num')::int AS version, pg_encoding_to_char(d.encoding) AS encoding,
  coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', d.datctype) AS locale,
  to_jsonb(d)->>'datcollversion' AS collation_version, d.oid::text AS database_id,
  pg_is_in_recovery() AS is_replica, current_setting('transaction_read_only') = 'on' AS is_read_only,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0) AS server_limit,
  r.rolconnlimit AS role_limit, d.datconnlimit AS database_limit, r.rolsuper AS is_superuser,
  pg_postmaster_start_time()::text AS started_at, pg_backend_pid() AS process, current_schema() AS schema,
  coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
  to_regclass('alembic_version') IS NOT NULL AS has_tables,
  (SELECT coalesce(array_agg(tablename::text ORDER BY 1), '{}') FROM pg_tables
    WHERE schemaname = current_schema() AND NOT pg_has_role(tableowner, 'USAGE')) AS foreign_tables,
  (SELECT coalesce(array_agg(tablename::text ORDER BY 1), '{}') FROM pg_tables t,
    LATERAL (SELECT format('%%I.%%I', schemaname, tablename) AS name) n WHERE schemaname = current_schema()
    AND NOT (has_table_privilege(n.name, 'SELECT') AND has_table_privilege(n.name, 'INSERT')
      AND has_table_privilege(n.name, 'UPDATE') AND has_table_privilege(n.name, 'DELETE'))) AS closed_tables,
  (SELECT json_object_agg(name, setting::bigint) FROM pg_settings WHERE name = ANY(%(times)s)) AS times_ms
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user
"""
_ACTUAL_COLLATION = "SELECT pg_database_collation_actual_version(%(database)s::oid)"
_KNOWS_COLLATION = 150_000


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """No limit: 0 in ``times_ms``, -1 of connections."""

    version: int = 170_000
    encoding: str = "UTF8"
    locale: str = "C.UTF-8"
    collation_version: str | None = None
    actual_collation: str | None = None
    database_id: str = ""
    is_replica: bool = False
    is_read_only: bool = False
    server_limit: int = 97
    role_limit: int = -1
    database_limit: int = -1
    is_superuser: bool = False
    started_at: str = ""
    schema: str | None = "public"
    may_create: bool = True
    has_tables: bool = True
    foreign_tables: list[str] = field(default_factory=list)
    closed_tables: list[str] = field(default_factory=list)
    times_ms: dict[str, int] = field(default_factory=dict)
    is_pooled: bool = False
    has_transactions: bool = True
    is_encrypted: bool = True
    is_verified: bool = True
    is_near: bool = True


class ConnectionRefused(Exception):
    """``certificate``: what is wrong with it, if that is known."""

    def __init__(self, text: str, certificate: str = "") -> None:
        super().__init__(text)
        self.text, self.certificate = text, certificate


def read_facts(url: str) -> ServerFacts:
    """Raises :class:`ConnectionRefused`."""
    plain = _DRIVER.sub("postgresql:", url)
    try:
        connection = psycopg2.connect(plain, **connect_arguments("infinity-check"))
    except psycopg2.OperationalError as problem:
        text = " ".join(str(problem).split())
        raise ConnectionRefused(text, _fault_of_certificate(plain) if "certificate" in text else "") from None
    try:
        connection.autocommit = True
        return _facts(connection, plain)
    except psycopg2.Error as problem:
        raise ConnectionRefused(" ".join(str(problem).split())) from None
    finally:
        connection.close()


def _facts(connection: Any, url: str) -> ServerFacts:
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {"times": list(_TIMES)})
        names = [column.name for column in cursor.description]
        told: dict[str, Any] = dict(zip(names, cursor.fetchone(), strict=True))
        # A pooler makes up the number of the process that a client is told.
        is_pooled = connection.info.backend_pid != told.pop("process")
        if told["version"] >= _KNOWS_COLLATION:
            cursor.execute(_ACTUAL_COLLATION, {"database": told["database_id"]})
            told["actual_collation"] = cursor.fetchone()[0]
    return ServerFacts(
        **told,
        is_pooled=is_pooled,
        has_transactions=_has_transactions(connection),
        is_encrypted=bool(connection.info.ssl_in_use),
        is_verified=_options(url).get("sslmode") in _DOES_VERIFY,
        is_near=is_near(urlsplit(url).hostname or ""),
    )


def _has_transactions(connection: Any) -> bool:
    # PgBouncer that pools statements refuses to begin one.
    try:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("ROLLBACK")
    except psycopg2.Error:
        return False
    return True


def is_near(host: str) -> bool:
    """This machine or a private network, as far as the name tells."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local", ".localdomain"))
    return address.is_private or address.is_loopback


def _options(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def _fault_of_certificate(url: str) -> str:
    # libpq does not tell an expired certificate from an unknown authority.
    parts, options = urlsplit(url), _options(url)
    host = parts.hostname or ""
    try:
        context = ssl.create_default_context(cafile=_authority(options))
        context.check_hostname = options.get("sslmode") == "verify-full"
        with socket.create_connection((host, parts.port or 5432), timeout=_PROBE_SECONDS) as line:
            line.sendall(_SSL_REQUEST)
            if line.recv(1) != b"S":
                return ""
            with context.wrap_socket(line, server_hostname=host):
                return ""
    except ssl.SSLCertVerificationError as problem:
        return problem.verify_message
    except (OSError, ValueError):
        return ""


def _authority(options: dict[str, str]) -> str | None:
    named = options.get("sslrootcert", "")
    return None if named in ("", "system") else named
