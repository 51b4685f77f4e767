"""The audit log, and totals that differ from the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from app.database import ledger
from app.database.engine import Database
from app.database.ledger import Difference
from app.ops import audit_log_queries
from app.ops.audit_log_queries import Act, AuditFilter

__all__ = ["Act", "AuditFilter", "Difference", "all_acts", "find_differences", "last_act", "list_actions", "read_acts"]


def find_differences(database: Database) -> list[Difference]:
    return ledger.compare(database)


def read_acts(
    database: Database, wanted: AuditFilter, limit: int, *, before: int | None = None, after: int | None = None
) -> list[Act]:
    """Newest first."""
    return audit_log_queries.read_acts(database, wanted, limit, before=before, after=after)


def all_acts(database: Database, wanted: AuditFilter) -> Iterator[Act]:
    return audit_log_queries.all_acts(database, wanted)


def list_actions(database: Database) -> list[str]:
    return audit_log_queries.list_actions(database)


def last_act(database: Database, action: str, subject: str) -> Act | None:
    found = audit_log_queries.read_acts(database, AuditFilter(action=action, subject=subject), 1)
    return found[0] if found else None
