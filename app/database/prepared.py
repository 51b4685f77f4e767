"""Statements that PostgreSQL plans once for each connection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

from psycopg2 import errors
from sqlalchemy.pool import PoolProxiedConnection

_VALUE = re.compile(r"%\((\w+)\)s")
# What a pooler says that gives each transaction another connection, and a server whose tables have changed since.
NOT_AS_PREPARED = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.FeatureNotSupported)


def execute(connection: PoolProxiedConnection, cursor: Any, statement: str, values: Mapping[str, Any]) -> None:
    """Outside of transactions. Raises one of :data:`NOT_AS_PREPARED`; the connection stays as good as it was."""
    known: set[str] = connection.info.setdefault("prepared", set())
    name = _name(statement)
    if name not in known:
        # The rows differ in number alone: one plan is right for all teams.
        cursor.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE {name} AS {_numbered(statement)}")
        known.add(name)
    cursor.execute(f"EXECUTE {name}{_values_of(statement)}", values)


@cache
def _name(statement: str) -> str:
    # Behind a pooler that nobody has told of, what another process prepared under this name is the same.
    return f"infinity_{blake2b(statement.encode(), digest_size=12).hexdigest()}"


@cache
def _names(statement: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_VALUE.findall(statement)))


@cache
def _numbered(statement: str) -> str:
    names = _names(statement)
    return _VALUE.sub(lambda found: f"${names.index(found[1]) + 1}", statement)


@cache
def _values_of(statement: str) -> str:
    listed = ", ".join(f"%({name})s" for name in _names(statement))
    return f" ({listed})" if listed else ""
